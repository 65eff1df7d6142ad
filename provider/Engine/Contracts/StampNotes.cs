namespace VmMigrate.Engine.Contracts;

/// <summary>Names of the notes in a <see cref="Stamp"/>. Times are UTC in RFC 3339.</summary>
public static class StampNotes
{
    /// <summary>On both: whether the VM was on before the migration, <c>true</c> or <c>false</c>.</summary>
    public const string WasRunning = "was-running";

    /// <summary>On the place where the VM lives: since when it has been down for the move, or the way back, that is under way. A VM that is off without this was not stopped by a run.</summary>
    public const string DownSince = "down-since";

    /// <summary>On the place where the VM lives: since when a run reads from it while it runs. One that is found crashed with this went down under that run, and has to run again.</summary>
    public const string Copying = "copying";

    /// <summary>On both: since when a guest has been asked to shut down by a run that gave up, and has not been seen off: it may still go off, and then has to be started.</summary>
    public const string AskedToStop = "asked-to-stop";

    /// <summary>On the source, and on a copy that the VM has moved on from: since when it has lived in a copy elsewhere that was accepted. A copy that is gone while this stands was deleted by hand.</summary>
    public const string Moved = "moved";

    /// <summary>On the source: names the state of its disks. It changes whenever they may have changed, so a copy made at one epoch is complete only at that epoch.</summary>
    public const string Epoch = "epoch";

    /// <summary>On the source: <c>started</c> while its disks are being overwritten with what the target wrote, <c>done</c> after.</summary>
    public const string BringBack = "bring-back";

    /// <summary>On the source: when its disks were last copied whole, for a goal that ends there.</summary>
    public const string Replicated = "replicated";

    /// <summary>On the source: which replica was last booted in a test, when, and how its guest was seen, in the form of <see cref="Planning.TestedNote"/>.</summary>
    public const string Tested = "tested";

    /// <summary>On the source: the digests of the replica that was last copied, in the form of <see cref="Driving.ProofNote"/>; absent where only its changes were compared.</summary>
    public const string ReplicaProof = "replica-proof";

    /// <summary>On the source: the same of the replica that was last tested.</summary>
    public const string TestedProof = "tested-proof";

    /// <summary>On the source: the checkpoint whose content all disks at the target hold. Changes since then are all that has to be sent.</summary>
    public const string Synced = "synced";

    /// <summary>On the source: the recovery points that are kept of its copy, in the form of <see cref="Planning.PointsNote"/>. For people and plans; what is kept is asked for where it is acted on.</summary>
    public const string Points = "points";

    /// <summary>On the VM where it lives: the recovery point, as declared, that it has gone back to. As long as the declaration names the same, that is done.</summary>
    public const string WentBack = "went-back";

    /// <summary>On the source: how many bytes per second the guest has changed between its last two rounds, for the estimates of later runs.</summary>
    public const string Churn = "churn";

    /// <summary>On the source: how many rounds there have been, so that checkpoints have names of their own.</summary>
    public const string Round = "round";

    /// <summary>On the target: when a running VM came here with its memory. Such a copy holds writes that count, accepted or not.</summary>
    public const string Live = "live";

    /// <summary>On the source: names of the sites where something of ours was ever made, with commas between. An edit of the target must not make a run forget the old one.</summary>
    public const string Sites = "sites";

    /// <summary>On the source, with the disk's name behind it: epoch and digest of a disk's complete copy at the target.</summary>
    public const string CopiedPrefix = "copied.";

    /// <summary>On both: the program that has fitted its guest to the platform; its disks are no copy of the source's any more.</summary>
    public const string Converted = "converted";

    /// <summary>On the target: that it is a new system with some of the VM's disks, and which, in the form of <see cref="Spec.ReplatformSpec.Note"/>.</summary>
    public const string Replatformed = "replatformed";

    /// <summary>On such a target: how many of the declared hooks have been run in it.</summary>
    public const string Hooks = "hooks";

    /// <summary>On the target: when the guest was proven alive. From then on the VM lives there.</summary>
    public const string Accepted = "accepted";

    /// <summary>On the target: the checkpoint since which every block that differs from the disks at home counts as changed. Only where home is where it came from.</summary>
    public const string Tracked = "tracked";

    /// <summary>On the target: a way back reads it in rounds while it runs, and has checkpoints of its own there.</summary>
    public const string Returning = "returning";

    /// <summary>On the target: the disks' digests at the cutover, in the form of <see cref="Driving.ProofNote"/>.</summary>
    public const string Proof = "proof";

    /// <summary>On the target: how the guest's start was seen.</summary>
    public const string Guest = "guest";

    /// <summary>On the target: the downtime in seconds.</summary>
    public const string Downtime = "downtime";

    /// <summary>On the target: what the run that brought it there has taken, in the form of <see cref="Estimates.RunRecord"/>.</summary>
    public const string Ran = "ran";

    /// <summary>On a VM that its platform moves itself (<see cref="Site.Relocates"/>), from before the move on: where it was, in the platform's words. There is no other VM of the migration then.</summary>
    public const string Origin = "origin";

    /// <summary>On such a VM, once it is accepted: the place that was declared for it.</summary>
    public const string Went = "went";

    /// <summary>On a source that was kept at commit: when it was given up.</summary>
    public const string Committed = "committed";

    /// <summary>On both: who declared it, for people.</summary>
    public const string Owner = "owner";
}
