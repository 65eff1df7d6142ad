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
    /// A boot of a throw-away clone of the copied disks.
    /// </summary>
    [OutputType]
    public sealed class TestBoot
    {
        /// <summary>
        /// When it was passed: UTC, RFC 3339.
        /// </summary>
        public readonly string At;
        /// <summary>
        /// Whether the replica that is there now is the one that was tested.
        /// </summary>
        public readonly bool Current;
        /// <summary>
        /// The digests of the replica that was tested, on both sides.
        /// </summary>
        public readonly ImmutableArray<Outputs.DiskProof> Disks;
        /// <summary>
        /// How the clone's guest was seen, gate by gate.
        /// </summary>
        public readonly string Guest;
        /// <summary>
        /// Which replica was tested: when it was made, UTC, RFC 3339.
        /// </summary>
        public readonly string ReplicatedAt;

        [OutputConstructor]
        private TestBoot(
            string at,

            bool current,

            ImmutableArray<Outputs.DiskProof> disks,

            string guest,

            string replicatedAt)
        {
            At = at;
            Current = current;
            Disks = disks;
            Guest = guest;
            ReplicatedAt = replicatedAt;
        }
    }
}
