// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk
{
    public static class GetPreflight
    {
        /// <summary>
        /// Previews a move without declaring it: what stands against it, what would happen, how long it takes. Only reads. What is found comes back as data; nothing fails because of it.
        /// </summary>
        public static Task<GetPreflightResult> InvokeAsync(GetPreflightArgs args, InvokeOptions? options = null)
            => global::Pulumi.Deployment.Instance.InvokeAsync<GetPreflightResult>("vmmigrate:index:getPreflight", args ?? new GetPreflightArgs(), options.WithDefaults());

        /// <summary>
        /// Previews a move without declaring it: what stands against it, what would happen, how long it takes. Only reads. What is found comes back as data; nothing fails because of it.
        /// </summary>
        public static Output<GetPreflightResult> Invoke(GetPreflightInvokeArgs args, InvokeOptions? options = null)
            => global::Pulumi.Deployment.Instance.Invoke<GetPreflightResult>("vmmigrate:index:getPreflight", args ?? new GetPreflightInvokeArgs(), options.WithDefaults());

        /// <summary>
        /// Previews a move without declaring it: what stands against it, what would happen, how long it takes. Only reads. What is found comes back as data; nothing fails because of it.
        /// </summary>
        public static Output<GetPreflightResult> Invoke(GetPreflightInvokeArgs args, InvokeOutputOptions options)
            => global::Pulumi.Deployment.Instance.Invoke<GetPreflightResult>("vmmigrate:index:getPreflight", args ?? new GetPreflightInvokeArgs(), options.WithDefaults());
    }


    public sealed class GetPreflightArgs : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// What `goal: Committed` does to the source.
        /// </summary>
        [Input("commit")]
        public Inputs.Commit? Commit { get; set; }

        /// <summary>
        /// Whether the guest is converted: to KVM by `virt-v2v-in-place`, to vSphere by `virt-customize` (drivers in the initramfs). It needs `rollback.changes: Discard`, since what a converted guest writes cannot be brought back.
        /// </summary>
        [Input("conversion")]
        public VmMigrate.Sdk.Conversion? Conversion { get; set; }

        /// <summary>
        /// How the VM changes sides.
        /// </summary>
        [Input("cutover")]
        public Inputs.Cutover? Cutover { get; set; }

        [Input("facts")]
        private Dictionary<string, string>? _facts;

        /// <summary>
        /// What no API shows, for preview's checks: `link: "1 Gbit/s, 3 ms"`, `"guest.bitlocker": "off"`, ... docs/checks/facts.md lists the names.
        /// </summary>
        public Dictionary<string, string> Facts
        {
            get => _facts ?? (_facts = new Dictionary<string, string>());
            set => _facts = value;
        }

        /// <summary>
        /// How far to go.
        /// </summary>
        [Input("goal")]
        public VmMigrate.Sdk.MigrationGoal? Goal { get; set; }

        /// <summary>
        /// How it moves.
        /// </summary>
        [Input("mode")]
        public VmMigrate.Sdk.MigrationMode? Mode { get; set; }

        /// <summary>
        /// What to do about a moved VM that somebody's hand has changed.
        /// </summary>
        [Input("onDrift")]
        public VmMigrate.Sdk.DriftResponse? OnDrift { get; set; }

        /// <summary>
        /// Thresholds of preview's checks for this migration.
        /// </summary>
        [Input("policy")]
        public Inputs.Policy? Policy { get; set; }

        /// <summary>
        /// Not a move of the VM as it is but a new one with its data: x86 to Graviton, an old system to a new one. Only to `aws` sites. Preview says exactly what is carried and what is not.
        /// </summary>
        [Input("replatform")]
        public Inputs.Replatform? Replatform { get; set; }

        /// <summary>
        /// What a way back does.
        /// </summary>
        [Input("rollback")]
        public Inputs.Rollback? Rollback { get; set; }

        /// <summary>
        /// How the guest is stopped.
        /// </summary>
        [Input("shutdown")]
        public Inputs.Shutdown? Shutdown { get; set; }

        /// <summary>
        /// Where it should run.
        /// </summary>
        [Input("target", required: true)]
        public Inputs.Target Target { get; set; } = null!;

        /// <summary>
        /// What counts as proof.
        /// </summary>
        [Input("verify")]
        public Inputs.Verify? Verify { get; set; }

        /// <summary>
        /// Which VM moves.
        /// </summary>
        [Input("vm", required: true)]
        public Inputs.VmReference Vm { get; set; } = null!;

        [Input("waive")]
        private List<Inputs.Waiver>? _waive;

        /// <summary>
        /// Findings of preview whose risk somebody takes. What is impossible cannot be waived.
        /// </summary>
        public List<Inputs.Waiver> Waive
        {
            get => _waive ?? (_waive = new List<Inputs.Waiver>());
            set => _waive = value;
        }

        public GetPreflightArgs()
        {
            Conversion = VmMigrate.Sdk.Conversion.Never;
            Goal = VmMigrate.Sdk.MigrationGoal.CutOver;
            Mode = VmMigrate.Sdk.MigrationMode.Cold;
            OnDrift = VmMigrate.Sdk.DriftResponse.Return;
        }
        public static new GetPreflightArgs Empty => new GetPreflightArgs();
    }

    public sealed class GetPreflightInvokeArgs : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// What `goal: Committed` does to the source.
        /// </summary>
        [Input("commit")]
        public Input<Inputs.CommitArgs>? Commit { get; set; }

        /// <summary>
        /// Whether the guest is converted: to KVM by `virt-v2v-in-place`, to vSphere by `virt-customize` (drivers in the initramfs). It needs `rollback.changes: Discard`, since what a converted guest writes cannot be brought back.
        /// </summary>
        [Input("conversion")]
        public Input<VmMigrate.Sdk.Conversion>? Conversion { get; set; }

        /// <summary>
        /// How the VM changes sides.
        /// </summary>
        [Input("cutover")]
        public Input<Inputs.CutoverArgs>? Cutover { get; set; }

        [Input("facts")]
        private InputMap<string>? _facts;

        /// <summary>
        /// What no API shows, for preview's checks: `link: "1 Gbit/s, 3 ms"`, `"guest.bitlocker": "off"`, ... docs/checks/facts.md lists the names.
        /// </summary>
        public InputMap<string> Facts
        {
            get => _facts ?? (_facts = new InputMap<string>());
            set => _facts = value;
        }

        /// <summary>
        /// How far to go.
        /// </summary>
        [Input("goal")]
        public Input<VmMigrate.Sdk.MigrationGoal>? Goal { get; set; }

        /// <summary>
        /// How it moves.
        /// </summary>
        [Input("mode")]
        public Input<VmMigrate.Sdk.MigrationMode>? Mode { get; set; }

        /// <summary>
        /// What to do about a moved VM that somebody's hand has changed.
        /// </summary>
        [Input("onDrift")]
        public Input<VmMigrate.Sdk.DriftResponse>? OnDrift { get; set; }

        /// <summary>
        /// Thresholds of preview's checks for this migration.
        /// </summary>
        [Input("policy")]
        public Input<Inputs.PolicyArgs>? Policy { get; set; }

        /// <summary>
        /// Not a move of the VM as it is but a new one with its data: x86 to Graviton, an old system to a new one. Only to `aws` sites. Preview says exactly what is carried and what is not.
        /// </summary>
        [Input("replatform")]
        public Input<Inputs.ReplatformArgs>? Replatform { get; set; }

        /// <summary>
        /// What a way back does.
        /// </summary>
        [Input("rollback")]
        public Input<Inputs.RollbackArgs>? Rollback { get; set; }

        /// <summary>
        /// How the guest is stopped.
        /// </summary>
        [Input("shutdown")]
        public Input<Inputs.ShutdownArgs>? Shutdown { get; set; }

        /// <summary>
        /// Where it should run.
        /// </summary>
        [Input("target", required: true)]
        public Input<Inputs.TargetArgs> Target { get; set; } = null!;

        /// <summary>
        /// What counts as proof.
        /// </summary>
        [Input("verify")]
        public Input<Inputs.VerifyArgs>? Verify { get; set; }

        /// <summary>
        /// Which VM moves.
        /// </summary>
        [Input("vm", required: true)]
        public Input<Inputs.VmReferenceArgs> Vm { get; set; } = null!;

        [Input("waive")]
        private InputList<Inputs.WaiverArgs>? _waive;

        /// <summary>
        /// Findings of preview whose risk somebody takes. What is impossible cannot be waived.
        /// </summary>
        public InputList<Inputs.WaiverArgs> Waive
        {
            get => _waive ?? (_waive = new InputList<Inputs.WaiverArgs>());
            set => _waive = value;
        }

        public GetPreflightInvokeArgs()
        {
            Conversion = VmMigrate.Sdk.Conversion.Never;
            Goal = VmMigrate.Sdk.MigrationGoal.CutOver;
            Mode = VmMigrate.Sdk.MigrationMode.Cold;
            OnDrift = VmMigrate.Sdk.DriftResponse.Return;
        }
        public static new GetPreflightInvokeArgs Empty => new GetPreflightInvokeArgs();
    }


    [OutputType]
    public sealed class GetPreflightResult
    {
        /// <summary>
        /// What a run is expected to take; absent where the sites could not be read far enough.
        /// </summary>
        public readonly Outputs.Estimate? Estimate;
        /// <summary>
        /// All of them, worst first.
        /// </summary>
        public readonly ImmutableArray<Outputs.Finding> Findings;
        /// <summary>
        /// The stamp that this migration would write on everything it makes.
        /// </summary>
        public readonly string MigrationId;
        /// <summary>
        /// What a run would do, in order.
        /// </summary>
        public readonly ImmutableArray<Outputs.StepEstimate> Steps;
        /// <summary>
        /// One line: mode, from where to where, bytes, time, downtime, number of warnings.
        /// </summary>
        public readonly string Summary;
        /// <summary>
        /// `ready`, `needs-attention` (there are warnings) or `blocked` (there are errors).
        /// </summary>
        public readonly string Verdict;

        [OutputConstructor]
        private GetPreflightResult(
            Outputs.Estimate? estimate,

            ImmutableArray<Outputs.Finding> findings,

            string migrationId,

            ImmutableArray<Outputs.StepEstimate> steps,

            string summary,

            string verdict)
        {
            Estimate = estimate;
            Findings = findings;
            MigrationId = migrationId;
            Steps = steps;
            Summary = summary;
            Verdict = verdict;
        }
    }
}
