// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// Something that goes wrong on purpose, at all calls that match every filter which is given.
    /// </summary>
    public sealed class SimulatorFaultArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// The call: `EnsureRunning`, `EnsureOff`, `EnsureFenced`, `EnsureDisk`, `EnsureDefined`, ..., `ReadBlocks`, `WriteBlocks` (one for each 64 KiB); `*` stands for any characters. What guests do has names of its own: `Guest.Boot`, `Guest.Shutdown`, `Guest.Agent`, and `Guest.Memory`, which follows a guest that has changed sides before it (post-copy).
        /// </summary>
        [Input("call")]
        public Input<string>? Call { get; set; }

        /// <summary>
        /// How long `Slow` and `Hang` last. Default for `Hang`: until cancelled. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("duration")]
        public Input<string>? Duration { get; set; }

        /// <summary>
        /// The error of `Refuse`.
        /// </summary>
        [Input("error")]
        public Input<VmMigrate.Sdk.SimulatorFaultError>? Error { get; set; }

        /// <summary>
        /// Strikes only later than this after the site's first use. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("from")]
        public Input<string>? From { get; set; }

        /// <summary>
        /// What goes wrong.
        /// </summary>
        [Input("kind", required: true)]
        public Input<VmMigrate.Sdk.SimulatorFaultKind> Kind { get; set; } = null!;

        /// <summary>
        /// The error's text.
        /// </summary>
        [Input("message")]
        public Input<string>? Message { get; set; }

        /// <summary>
        /// Where in the call `Crash` and `Kill` strike.
        /// </summary>
        [Input("moment")]
        public Input<VmMigrate.Sdk.SimulatorFaultMoment>? Moment { get; set; }

        /// <summary>
        /// Strikes from this matching call on, counted from 1 over all runs.
        /// </summary>
        [Input("nth")]
        public Input<int>? Nth { get; set; }

        /// <summary>
        /// With which probability (0 to 1) it strikes at a matching call. The same seed gives the same calls.
        /// </summary>
        [Input("probability")]
        public Input<double>? Probability { get; set; }

        /// <summary>
        /// Only calls within this step of the migration, as preview names it, with `*`.
        /// </summary>
        [Input("step")]
        public Input<string>? Step { get; set; }

        /// <summary>
        /// How often it strikes; 0 means for ever.
        /// </summary>
        [Input("times")]
        public Input<int>? Times { get; set; }

        /// <summary>
        /// Strikes only earlier than this after the site's first use. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("until")]
        public Input<string>? Until { get; set; }

        /// <summary>
        /// Only calls about this VM: its name or id, with `*`.
        /// </summary>
        [Input("vm")]
        public Input<string>? Vm { get; set; }

        public SimulatorFaultArgs()
        {
            Call = "*";
            Error = VmMigrate.Sdk.SimulatorFaultError.Refused;
            Moment = VmMigrate.Sdk.SimulatorFaultMoment.Before;
            Nth = 1;
            Probability = 1;
            Times = 1;
        }
        public static new SimulatorFaultArgs Empty => new SimulatorFaultArgs();
    }
}
