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
    /// One difference between what a run left and what is there.
    /// </summary>
    [OutputType]
    public sealed class DriftItem
    {
        /// <summary>
        /// Whether `onDrift: Adopt` takes it over.
        /// </summary>
        public readonly bool Adopts;
        /// <summary>
        /// `TwoRunning`, `SourceTouched`, `Stopped`, `Deleted`, `Undefined`, `Moved`, `Host`, `Pool`, `Name`, `Cpus`, `Memory`, `Nics` or `Disks`.
        /// </summary>
        public readonly string Kind;
        /// <summary>
        /// What the next run does about it, as declared.
        /// </summary>
        public readonly string Next;
        /// <summary>
        /// Whether `onDrift: Return` puts it back.
        /// </summary>
        public readonly bool Returns;
        /// <summary>
        /// What was found.
        /// </summary>
        public readonly string What;

        [OutputConstructor]
        private DriftItem(
            bool adopts,

            string kind,

            string next,

            bool returns,

            string what)
        {
            Adopts = adopts;
            Kind = kind;
            Next = next;
            Returns = returns;
            What = what;
        }
    }
}
