// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk
{
    /// <summary>
    /// A virtual machine's declared place. The provider closes the difference to where the VM really is, proves that it did, and goes back when the goal is lowered or the declaration is removed before `Committed`.
    /// </summary>
    [SdkResourceType("vmmigrate:index:Migration")]
    public partial class Migration : global::Pulumi.CustomResource
    {
        /// <summary>
        /// What `goal: Committed` does to the source.
        /// </summary>
        [Output("commit")]
        public Output<Outputs.Commit?> Commit { get; private set; } = null!;

        /// <summary>
        /// Whether the guest is converted: to KVM by `virt-v2v-in-place`, to vSphere by `virt-customize` (drivers in the initramfs). It needs `rollback.changes: Discard`, since what a converted guest writes cannot be brought back.
        /// </summary>
        [Output("conversion")]
        public Output<VmMigrate.Sdk.Conversion> Conversion { get; private set; } = null!;

        /// <summary>
        /// How the VM changes sides.
        /// </summary>
        [Output("cutover")]
        public Output<Outputs.Cutover?> Cutover { get; private set; } = null!;

        /// <summary>
        /// How long the VM was down at the last cutover, such as `7.2s`.
        /// </summary>
        [Output("downtime")]
        public Output<string?> Downtime { get; private set; } = null!;

        /// <summary>
        /// What somebody changed by hand since the last run.
        /// </summary>
        [Output("drift")]
        public Output<ImmutableArray<Outputs.DriftItem>> Drift { get; private set; } = null!;

        /// <summary>
        /// What the next run is expected to take; after a run, what that run was expected to take.
        /// </summary>
        [Output("estimate")]
        public Output<Outputs.Estimate?> Estimate { get; private set; } = null!;

        /// <summary>
        /// What no API shows, for preview's checks: `link: "1 Gbit/s, 3 ms"`, `"guest.bitlocker": "off"`, ... docs/checks/facts.md lists the names.
        /// </summary>
        [Output("facts")]
        public Output<ImmutableDictionary<string, string>?> Facts { get; private set; } = null!;

        /// <summary>
        /// What preflight found at the last run; at preview, what it finds now. Worst first.
        /// </summary>
        [Output("findings")]
        public Output<ImmutableArray<Outputs.Finding>> Findings { get; private set; } = null!;

        /// <summary>
        /// How far to go.
        /// </summary>
        [Output("goal")]
        public Output<VmMigrate.Sdk.MigrationGoal> Goal { get; private set; } = null!;

        /// <summary>
        /// The stamp that everything we create carries on its platform.
        /// </summary>
        [Output("migrationId")]
        public Output<string> MigrationId { get; private set; } = null!;

        /// <summary>
        /// How it moves.
        /// </summary>
        [Output("mode")]
        public Output<VmMigrate.Sdk.MigrationMode> Mode { get; private set; } = null!;

        /// <summary>
        /// What to do about a moved VM that somebody's hand has changed.
        /// </summary>
        [Output("onDrift")]
        public Output<VmMigrate.Sdk.DriftResponse> OnDrift { get; private set; } = null!;

        /// <summary>
        /// How far the migration has come: `Validated`, `Replicating`, `Replicated`, `Tested`, `CuttingOver`, `CutOver`, `Committed` or `RollingBack`.
        /// </summary>
        [Output("phase")]
        public Output<string> Phase { get; private set; } = null!;

        /// <summary>
        /// Where the VM really runs now.
        /// </summary>
        [Output("placement")]
        public Output<Outputs.Placement> Placement { get; private set; } = null!;

        /// <summary>
        /// Thresholds of preview's checks for this migration.
        /// </summary>
        [Output("policy")]
        public Output<Outputs.Policy?> Policy { get; private set; } = null!;

        /// <summary>
        /// What shows that the move worked.
        /// </summary>
        [Output("proof")]
        public Output<Outputs.Proof?> Proof { get; private set; } = null!;

        /// <summary>
        /// The moved VM as the last run left it or took it over: drift is measured against this. Empty before the cutover and after the commit.
        /// </summary>
        [Output("recorded")]
        public Output<Outputs.RecordedVm?> Recorded { get; private set; } = null!;

        /// <summary>
        /// The recovery points that are kept, oldest first.
        /// </summary>
        [Output("recoveryPoints")]
        public Output<ImmutableArray<Outputs.RecoveryPoint>> RecoveryPoints { get; private set; } = null!;

        /// <summary>
        /// Not a move of the VM as it is but a new one with its data: x86 to Graviton, an old system to a new one. Only to `aws` sites. Preview says exactly what is carried and what is not.
        /// </summary>
        [Output("replatform")]
        public Output<Outputs.Replatform?> Replatform { get; private set; } = null!;

        /// <summary>
        /// Mode Warm: when the checkpoint was made that the target's disks hold: UTC, RFC 3339. Each run with goal Replicated makes a further one.
        /// </summary>
        [Output("replicatedAt")]
        public Output<string?> ReplicatedAt { get; private set; } = null!;

        /// <summary>
        /// What a way back does.
        /// </summary>
        [Output("rollback")]
        public Output<Outputs.Rollback?> Rollback { get; private set; } = null!;

        /// <summary>
        /// How the guest is stopped.
        /// </summary>
        [Output("shutdown")]
        public Output<Outputs.Shutdown?> Shutdown { get; private set; } = null!;

        /// <summary>
        /// Steps done, with times; at preview, the steps that will be done and the times they are expected to take.
        /// </summary>
        [Output("steps")]
        public Output<ImmutableArray<Outputs.StepRecord>> Steps { get; private set; } = null!;

        /// <summary>
        /// Where it should run.
        /// </summary>
        [Output("target")]
        public Output<Outputs.Target> Target { get; private set; } = null!;

        /// <summary>
        /// The last test boot that was passed.
        /// </summary>
        [Output("test")]
        public Output<Outputs.TestBoot?> Test { get; private set; } = null!;

        /// <summary>
        /// Limits for whole runs.
        /// </summary>
        [Output("timeouts")]
        public Output<Outputs.Timeouts?> Timeouts { get; private set; } = null!;

        /// <summary>
        /// Bytes that were copied at the last run.
        /// </summary>
        [Output("transferred")]
        public Output<double?> Transferred { get; private set; } = null!;

        /// <summary>
        /// What counts as proof.
        /// </summary>
        [Output("verify")]
        public Output<Outputs.Verify?> Verify { get; private set; } = null!;

        /// <summary>
        /// Which VM moves.
        /// </summary>
        [Output("vm")]
        public Output<Outputs.VmReference> Vm { get; private set; } = null!;

        /// <summary>
        /// Findings of preview whose risk somebody takes. What is impossible cannot be waived.
        /// </summary>
        [Output("waive")]
        public Output<ImmutableArray<Outputs.Waiver>> Waive { get; private set; } = null!;


        /// <summary>
        /// Declares a Migration.
        /// </summary>
        /// <param name="name">A name that no other resource of its type has in the stack.</param>
        /// <param name="args">What is declared.</param>
        /// <param name="options">How the engine treats it.</param>
        public Migration(string name, MigrationArgs args, CustomResourceOptions? options = null)
            : base("vmmigrate:index:Migration", name, args ?? new MigrationArgs(), MakeResourceOptions(options, ""))
        {
        }

        private Migration(string name, Input<string> id, CustomResourceOptions? options = null)
            : base("vmmigrate:index:Migration", name, null, MakeResourceOptions(options, id))
        {
        }

        private static CustomResourceOptions MakeResourceOptions(CustomResourceOptions? options, Input<string>? id)
        {
            var defaultOptions = new CustomResourceOptions
            {
                Version = Utilities.Version,
            };
            var merged = CustomResourceOptions.Merge(defaultOptions, options);
            // An id that is given here wins over one in the options, as in every language.
            merged.Id = id ?? merged.Id;
            return merged;
        }

        /// <summary>
        /// Reads a Migration that is there already, by its id; the stack does not own it.
        /// </summary>
        /// <param name="name">The name that it has in this program.</param>
        /// <param name="id">The id that the provider gave it.</param>
        /// <param name="options">How the engine treats it.</param>
        public static Migration Get(string name, Input<string> id, CustomResourceOptions? options = null)
        {
            return new Migration(name, id, options);
        }
    }

    public sealed class MigrationArgs : global::Pulumi.ResourceArgs
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
        /// Limits for whole runs.
        /// </summary>
        [Input("timeouts")]
        public Input<Inputs.TimeoutsArgs>? Timeouts { get; set; }

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

        public MigrationArgs()
        {
            Conversion = VmMigrate.Sdk.Conversion.Never;
            Goal = VmMigrate.Sdk.MigrationGoal.CutOver;
            Mode = VmMigrate.Sdk.MigrationMode.Cold;
            OnDrift = VmMigrate.Sdk.DriftResponse.Return;
        }
        public static new MigrationArgs Empty => new MigrationArgs();
    }
}
