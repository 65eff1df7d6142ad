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
    /// What counts as proof that the move worked.
    /// </summary>
    [OutputType]
    public sealed class Verify
    {
        /// <summary>
        /// How the disks of both sides are compared.
        /// </summary>
        public readonly VmMigrate.Sdk.DigestAlgorithm? Digest;
        /// <summary>
        /// All of these must pass at the target. Default: the guest agent answers.
        /// </summary>
        public readonly ImmutableArray<Outputs.Probe> Probes;

        [OutputConstructor]
        private Verify(
            VmMigrate.Sdk.DigestAlgorithm? digest,

            ImmutableArray<Outputs.Probe> probes)
        {
            Digest = digest;
            Probes = probes;
        }
    }
}
