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
    /// A moved VM as a run left it.
    /// </summary>
    [OutputType]
    public sealed class RecordedVm
    {
        /// <summary>
        /// When it was accepted there: a hand that moves a VM leaves this, a run writes another.
        /// </summary>
        public readonly string? Accepted;
        /// <summary>
        /// vCPUs.
        /// </summary>
        public readonly int? Cpus;
        /// <summary>
        /// The target's site that was declared then; another one where a move by hand was adopted.
        /// </summary>
        public readonly string Declared;
        /// <summary>
        /// From a disk's name to its length in bytes.
        /// </summary>
        public readonly ImmutableDictionary<string, double> Disks;
        /// <summary>
        /// Memory.
        /// </summary>
        public readonly double? MemoryBytes;
        /// <summary>
        /// From hardware address to network.
        /// </summary>
        public readonly ImmutableDictionary<string, string> Nics;
        /// <summary>
        /// Whether it had to run.
        /// </summary>
        public readonly bool Running;
        /// <summary>
        /// Where it lived.
        /// </summary>
        public readonly string Site;

        [OutputConstructor]
        private RecordedVm(
            string? accepted,

            int? cpus,

            string declared,

            ImmutableDictionary<string, double> disks,

            double? memoryBytes,

            ImmutableDictionary<string, string> nics,

            bool running,

            string site)
        {
            Accepted = accepted;
            Cpus = cpus;
            Declared = declared;
            Disks = disks;
            MemoryBytes = memoryBytes;
            Nics = nics;
            Running = running;
            Site = site;
        }
    }
}
