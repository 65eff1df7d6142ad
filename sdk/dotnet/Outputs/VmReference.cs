// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// Which VM moves. Changing it is another migration. Exactly one of `name` and `id` must be set.
    /// </summary>
    [OutputType]
    public sealed class VmReference
    {
        /// <summary>
        /// The VM's id at its site (libvirt: its UUID), where the name is not unique.
        /// </summary>
        public readonly string? Id;
        /// <summary>
        /// The VM's name at its site.
        /// </summary>
        public readonly string? Name;
        /// <summary>
        /// Name of the site in the provider's config where the VM is before the move.
        /// </summary>
        public readonly string Site;

        [OutputConstructor]
        private VmReference(
            string? id,

            string? name,

            string site)
        {
            Id = id;
            Name = name;
            Site = site;
        }
    }
}
