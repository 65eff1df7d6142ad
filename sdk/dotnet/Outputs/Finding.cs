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
    /// Something that preflight found.
    /// </summary>
    [OutputType]
    public sealed class Finding
    {
        /// <summary>
        /// What to do about it, where it stands alone; it is a part of the message already.
        /// </summary>
        public readonly string? Fix;
        /// <summary>
        /// The check's id, stable for ever.
        /// </summary>
        public readonly string Id;
        /// <summary>
        /// What was found, what is needed, why, and what to do.
        /// </summary>
        public readonly string Message;
        /// <summary>
        /// Who says so where it is the platform's own verdict.
        /// </summary>
        public readonly string? Origin;
        /// <summary>
        /// The input that can be changed about it, such as `target.storagePool`.
        /// </summary>
        public readonly string? Path;
        /// <summary>
        /// `error` (the run does not begin), `warning` or `note`.
        /// </summary>
        public readonly string Severity;
        /// <summary>
        /// What it is about where that is not the input, such as a disk's name.
        /// </summary>
        public readonly string? Subject;
        /// <summary>
        /// False for what nobody can take the risk of.
        /// </summary>
        public readonly bool Waivable;
        /// <summary>
        /// Who takes the risk; the severity is then `note`.
        /// </summary>
        public readonly Outputs.WaivedFinding? Waived;

        [OutputConstructor]
        private Finding(
            string? fix,

            string id,

            string message,

            string? origin,

            string? path,

            string severity,

            string? subject,

            bool waivable,

            Outputs.WaivedFinding? waived)
        {
            Fix = fix;
            Id = id;
            Message = message;
            Origin = origin;
            Path = path;
            Severity = severity;
            Subject = subject;
            Waivable = waivable;
            Waived = waived;
        }
    }
}
