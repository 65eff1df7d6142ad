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
    /// Where the VM really runs now.
    /// </summary>
    [OutputType]
    public sealed class Placement
    {
        /// <summary>
        /// The guest's IP addresses, where its agent tells them.
        /// </summary>
        public readonly ImmutableArray<string> Addresses;
        /// <summary>
        /// The host at the site.
        /// </summary>
        public readonly string? Host;
        /// <summary>
        /// The VM's name at the site.
        /// </summary>
        public readonly string Name;
        /// <summary>
        /// `Running`, `Off`, `Paused` or `Other`.
        /// </summary>
        public readonly string PowerState;
        /// <summary>
        /// Name of the site.
        /// </summary>
        public readonly string Site;
        /// <summary>
        /// The VM's id at the site.
        /// </summary>
        public readonly string VmId;

        [OutputConstructor]
        private Placement(
            ImmutableArray<string> addresses,

            string? host,

            string name,

            string powerState,

            string site,

            string vmId)
        {
            Addresses = addresses;
            Host = host;
            Name = name;
            PowerState = powerState;
            Site = site;
            VmId = vmId;
        }
    }
}
