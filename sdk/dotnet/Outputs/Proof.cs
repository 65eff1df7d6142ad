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
    /// What shows that the move worked.
    /// </summary>
    [OutputType]
    public sealed class Proof
    {
        /// <summary>
        /// When the disks were compared: UTC, RFC 3339.
        /// </summary>
        public readonly string? At;
        /// <summary>
        /// The disks.
        /// </summary>
        public readonly ImmutableArray<Outputs.DiskProof> Disks;
        /// <summary>
        /// How the guest's start was seen, and how long it took.
        /// </summary>
        public readonly string? Guest;
        /// <summary>
        /// Whether every disk's digests are equal.
        /// </summary>
        public readonly bool Identical;

        [OutputConstructor]
        private Proof(
            string? at,

            ImmutableArray<Outputs.DiskProof> disks,

            string? guest,

            bool identical)
        {
            At = at;
            Disks = disks;
            Guest = guest;
            Identical = identical;
        }
    }
}
