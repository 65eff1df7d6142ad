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
    /// Where the VM should run.
    /// </summary>
    [OutputType]
    public sealed class Target
    {
        /// <summary>
        /// How the instance is to be, where the target is an `aws` site.
        /// </summary>
        public readonly Outputs.AwsTarget? Aws;
        /// <summary>
        /// The host at the target site. Default: the site's only host, or the fullest that still has room for the VM, counting all migrations of the run.
        /// </summary>
        public readonly string? Host;
        /// <summary>
        /// The VM's name at the target. Default: its name at the source.
        /// </summary>
        public readonly string? Name;
        /// <summary>
        /// From each network of the source to one of the target. A network of the same name at the target needs no entry.
        /// </summary>
        public readonly ImmutableDictionary<string, string>? Networks;
        /// <summary>
        /// Name of the site in the provider's config.
        /// </summary>
        public readonly string Site;
        /// <summary>
        /// The storage pool for the disks. Default: the site's only active pool, or the one of the right class with most free space after all migrations of the run.
        /// </summary>
        public readonly string? StoragePool;

        [OutputConstructor]
        private Target(
            Outputs.AwsTarget? aws,

            string? host,

            string? name,

            ImmutableDictionary<string, string>? networks,

            string site,

            string? storagePool)
        {
            Aws = aws;
            Host = host;
            Name = name;
            Networks = networks;
            Site = site;
            StoragePool = storagePool;
        }
    }
}
