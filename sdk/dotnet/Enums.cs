// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.ComponentModel;
using Pulumi;

namespace VmMigrate.Sdk
{
    /// <summary>
    /// How an instance boots.
    /// </summary>
    [EnumType]
    public readonly struct AwsBootMode : IEquatable<AwsBootMode>
    {
        private readonly string _value;

        private AwsBootMode(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// BIOS.
        /// </summary>
        public static AwsBootMode LegacyBios { get; } = new AwsBootMode("LegacyBios");
        /// <summary>
        /// UEFI.
        /// </summary>
        public static AwsBootMode Uefi { get; } = new AwsBootMode("Uefi");

        public static bool operator ==(AwsBootMode left, AwsBootMode right) => left.Equals(right);
        public static bool operator !=(AwsBootMode left, AwsBootMode right) => !left.Equals(right);

        public static explicit operator string(AwsBootMode value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is AwsBootMode other && Equals(other);
        public bool Equals(AwsBootMode other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// Whether the guest is fitted to its new platform before it first starts there, by a tool of the provider's machine that changes the copied disks.
    /// </summary>
    [EnumType]
    public readonly struct Conversion : IEquatable<Conversion>
    {
        private readonly string _value;

        private Conversion(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// It starts with what it has; preview warns where that may not do.
        /// </summary>
        public static Conversion Never { get; } = new Conversion("Never");
        /// <summary>
        /// Where its devices change and the tool is installed; preview warns where it is absent.
        /// </summary>
        public static Conversion Auto { get; } = new Conversion("Auto");
        /// <summary>
        /// Always; without the tool, preview stops.
        /// </summary>
        public static Conversion Required { get; } = new Conversion("Required");

        public static bool operator ==(Conversion left, Conversion right) => left.Equals(right);
        public static bool operator !=(Conversion left, Conversion right) => !left.Equals(right);

        public static explicit operator string(Conversion value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is Conversion other && Equals(other);
        public bool Equals(Conversion other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// How the running VM is brought to a stop at its cutover.
    /// </summary>
    [EnumType]
    public readonly struct CutoverStop : IEquatable<CutoverStop>
    {
        private readonly string _value;

        private CutoverStop(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The guest shuts down, as `shutdown` says, and so do its applications.
        /// </summary>
        public static CutoverStop Shutdown { get; } = new CutoverStop("Shutdown");
        /// <summary>
        /// The guest's agent freezes its file systems, which writes them out, and the VM is switched off at that moment: its applications see a loss of power, and the time of a shutdown is saved. Needs a guest agent that answers.
        /// </summary>
        public static CutoverStop FreezeAndSwitchOff { get; } = new CutoverStop("FreezeAndSwitchOff");

        public static bool operator ==(CutoverStop left, CutoverStop right) => left.Equals(right);
        public static bool operator !=(CutoverStop left, CutoverStop right) => !left.Equals(right);

        public static explicit operator string(CutoverStop value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is CutoverStop other && Equals(other);
        public bool Equals(CutoverStop other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// How the disks of both sides are compared.
    /// </summary>
    [EnumType]
    public readonly struct DigestAlgorithm : IEquatable<DigestAlgorithm>
    {
        private readonly string _value;

        private DigestAlgorithm(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// Fast; finds every accidental change.
        /// </summary>
        public static DigestAlgorithm XxHash128 { get; } = new DigestAlgorithm("XxHash128");
        /// <summary>
        /// Slower; also stands against deliberate changes.
        /// </summary>
        public static DigestAlgorithm Sha256 { get; } = new DigestAlgorithm("Sha256");

        public static bool operator ==(DigestAlgorithm left, DigestAlgorithm right) => left.Equals(right);
        public static bool operator !=(DigestAlgorithm left, DigestAlgorithm right) => !left.Equals(right);

        public static explicit operator string(DigestAlgorithm value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is DigestAlgorithm other && Equals(other);
        public bool Equals(DigestAlgorithm other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// What to do about a moved VM that somebody's hand has changed. Two running copies are an alarm whatever is declared.
    /// </summary>
    [EnumType]
    public readonly struct DriftResponse : IEquatable<DriftResponse>
    {
        private readonly string _value;

        private DriftResponse(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The next run puts it back, as far as it can; preview shows what that costs.
        /// </summary>
        public static DriftResponse Return { get; } = new DriftResponse("Return");
        /// <summary>
        /// The next run takes it over as the new truth, in the engine's state alone: the VM is not touched.
        /// </summary>
        public static DriftResponse Adopt { get; } = new DriftResponse("Adopt");
        /// <summary>
        /// It is told, and nothing is done about it.
        /// </summary>
        public static DriftResponse Ignore { get; } = new DriftResponse("Ignore");

        public static bool operator ==(DriftResponse left, DriftResponse right) => left.Equals(right);
        public static bool operator !=(DriftResponse left, DriftResponse right) => !left.Equals(right);

        public static explicit operator string(DriftResponse value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is DriftResponse other && Equals(other);
        public bool Equals(DriftResponse other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// How bad a finding is.
    /// </summary>
    [EnumType]
    public readonly struct FindingSeverity : IEquatable<FindingSeverity>
    {
        private readonly string _value;

        private FindingSeverity(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// Worth knowing.
        /// </summary>
        public static FindingSeverity Note { get; } = new FindingSeverity("Note");
        /// <summary>
        /// The run goes on.
        /// </summary>
        public static FindingSeverity Warning { get; } = new FindingSeverity("Warning");
        /// <summary>
        /// Nothing is started.
        /// </summary>
        public static FindingSeverity Error { get; } = new FindingSeverity("Error");

        public static bool operator ==(FindingSeverity left, FindingSeverity right) => left.Equals(right);
        public static bool operator !=(FindingSeverity left, FindingSeverity right) => !left.Equals(right);

        public static explicit operator string(FindingSeverity value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is FindingSeverity other && Equals(other);
        public bool Equals(FindingSeverity other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// Whether the copied disks are looked into before the guest starts from them.
    /// </summary>
    [EnumType]
    public readonly struct GuestInspection : IEquatable<GuestInspection>
    {
        private readonly string _value;

        private GuestInspection(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// They are not.
        /// </summary>
        public static GuestInspection Off { get; } = new GuestInspection("Off");
        /// <summary>
        /// Where it cannot be done, the move goes on with what is declared in `facts`.
        /// </summary>
        public static GuestInspection WhenPossible { get; } = new GuestInspection("WhenPossible");
        /// <summary>
        /// Where it cannot be done, the move stops and the source runs on.
        /// </summary>
        public static GuestInspection Required { get; } = new GuestInspection("Required");

        public static bool operator ==(GuestInspection left, GuestInspection right) => left.Equals(right);
        public static bool operator !=(GuestInspection left, GuestInspection right) => !left.Equals(right);

        public static explicit operator string(GuestInspection value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is GuestInspection other && Equals(other);
        public bool Equals(GuestInspection other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// How far the migration is to go. Lowering it before `Committed` rolls back.
    /// </summary>
    [EnumType]
    public readonly struct MigrationGoal : IEquatable<MigrationGoal>
    {
        private readonly string _value;

        private MigrationGoal(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// Preflight passed; nothing exists at the target.
        /// </summary>
        public static MigrationGoal Validated { get; } = new MigrationGoal("Validated");
        /// <summary>
        /// The target's disks hold a consistent copy; the VM runs at the source.
        /// </summary>
        public static MigrationGoal Replicated { get; } = new MigrationGoal("Replicated");
        /// <summary>
        /// As Replicated, and a throw-away clone of the copied disks has booted at the target, linked to no network, and passed the gates that need none. It is gone again; the VM runs at the source all the time.
        /// </summary>
        public static MigrationGoal Tested { get; } = new MigrationGoal("Tested");
        /// <summary>
        /// The VM runs at the target and has been seen alive; the source is kept, off and fenced.
        /// </summary>
        public static MigrationGoal CutOver { get; } = new MigrationGoal("CutOver");
        /// <summary>
        /// The way back is gone: the source is removed or kept aside as declared.
        /// </summary>
        public static MigrationGoal Committed { get; } = new MigrationGoal("Committed");

        public static bool operator ==(MigrationGoal left, MigrationGoal right) => left.Equals(right);
        public static bool operator !=(MigrationGoal left, MigrationGoal right) => !left.Equals(right);

        public static explicit operator string(MigrationGoal value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is MigrationGoal other && Equals(other);
        public bool Equals(MigrationGoal other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// How the VM moves.
    /// </summary>
    [EnumType]
    public readonly struct MigrationMode : IEquatable<MigrationMode>
    {
        private readonly string _value;

        private MigrationMode(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The VM is off while its disks are copied.
        /// </summary>
        public static MigrationMode Cold { get; } = new MigrationMode("Cold");
        /// <summary>
        /// The disks are copied while the VM runs; it is off for the last changes and its start at the target.
        /// </summary>
        public static MigrationMode Warm { get; } = new MigrationMode("Warm");
        /// <summary>
        /// The VM moves with its memory and is not started anew: it pauses for a moment. Both sites must be of one hypervisor family. vSphere moves the VM itself, also inside one vCenter: `vm.site` and `target.site` may then be one.
        /// </summary>
        public static MigrationMode Live { get; } = new MigrationMode("Live");

        public static bool operator ==(MigrationMode left, MigrationMode right) => left.Equals(right);
        public static bool operator !=(MigrationMode left, MigrationMode right) => !left.Equals(right);

        public static explicit operator string(MigrationMode value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is MigrationMode other && Equals(other);
        public bool Equals(MigrationMode other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// What to do with a guest that writes faster than its changes can be sent.
    /// </summary>
    [EnumType]
    public readonly struct NoConvergence : IEquatable<NoConvergence>
    {
        private readonly string _value;

        private NoConvergence(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The run stops and says both rates; the VM runs on at the source and what was copied is kept.
        /// </summary>
        public static NoConvergence Fail { get; } = new NoConvergence("Fail");
        /// <summary>
        /// The cutover takes as long as it takes.
        /// </summary>
        public static NoConvergence CutOverAnyway { get; } = new NoConvergence("CutOverAnyway");
        /// <summary>
        /// Live: the guest changes sides before all its memory has come, and the rest follows (post-copy). That always converges; but if the link or a host fails until the rest is there, the memory is lost at both, and the VM has to start from the target's disks. Preview warns of it.
        /// </summary>
        public static NoConvergence PostCopy { get; } = new NoConvergence("PostCopy");
        /// <summary>
        /// Live: the hypervisor gives the guest less processor time until it converges. Warm: its writes are held back until the cutover, and as before if that does not come about.
        /// </summary>
        public static NoConvergence SlowGuest { get; } = new NoConvergence("SlowGuest");

        public static bool operator ==(NoConvergence left, NoConvergence right) => left.Equals(right);
        public static bool operator !=(NoConvergence left, NoConvergence right) => !left.Equals(right);

        public static explicit operator string(NoConvergence value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is NoConvergence other && Equals(other);
        public bool Equals(NoConvergence other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// What becomes of the data that the VM wrote at the target after cutover.
    /// </summary>
    [EnumType]
    public readonly struct RollbackChanges : IEquatable<RollbackChanges>
    {
        private readonly string _value;

        private RollbackChanges(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// It is copied back to the source before the VM starts there.
        /// </summary>
        public static RollbackChanges BringBack { get; } = new RollbackChanges("BringBack");
        /// <summary>
        /// It is lost: the VM starts at the source as it was at cutover.
        /// </summary>
        public static RollbackChanges Discard { get; } = new RollbackChanges("Discard");

        public static bool operator ==(RollbackChanges left, RollbackChanges right) => left.Equals(right);
        public static bool operator !=(RollbackChanges left, RollbackChanges right) => !left.Equals(right);

        public static explicit operator string(RollbackChanges value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is RollbackChanges other && Equals(other);
        public bool Equals(RollbackChanges other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// The kind of error of a refused call.
    /// </summary>
    [EnumType]
    public readonly struct SimulatorFaultError : IEquatable<SimulatorFaultError>
    {
        private readonly string _value;

        private SimulatorFaultError(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The object is not there.
        /// </summary>
        public static SimulatorFaultError NotFound { get; } = new SimulatorFaultError("NotFound");
        /// <summary>
        /// The account may not do it.
        /// </summary>
        public static SimulatorFaultError Denied { get; } = new SimulatorFaultError("Denied");
        /// <summary>
        /// Held by another task; a retry may help.
        /// </summary>
        public static SimulatorFaultError Busy { get; } = new SimulatorFaultError("Busy");
        /// <summary>
        /// The platform understood and said no.
        /// </summary>
        public static SimulatorFaultError Refused { get; } = new SimulatorFaultError("Refused");
        /// <summary>
        /// Nobody answers; a retry may help.
        /// </summary>
        public static SimulatorFaultError Unreachable { get; } = new SimulatorFaultError("Unreachable");
        /// <summary>
        /// The connection broke; a retry may help.
        /// </summary>
        public static SimulatorFaultError Lost { get; } = new SimulatorFaultError("Lost");
        /// <summary>
        /// It took too long; a retry may help.
        /// </summary>
        public static SimulatorFaultError TimedOut { get; } = new SimulatorFaultError("TimedOut");
        /// <summary>
        /// No room left.
        /// </summary>
        public static SimulatorFaultError Full { get; } = new SimulatorFaultError("Full");
        /// <summary>
        /// The platform cannot do this.
        /// </summary>
        public static SimulatorFaultError Unsupported { get; } = new SimulatorFaultError("Unsupported");

        public static bool operator ==(SimulatorFaultError left, SimulatorFaultError right) => left.Equals(right);
        public static bool operator !=(SimulatorFaultError left, SimulatorFaultError right) => !left.Equals(right);

        public static explicit operator string(SimulatorFaultError value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is SimulatorFaultError other && Equals(other);
        public bool Equals(SimulatorFaultError other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// What goes wrong.
    /// </summary>
    [EnumType]
    public readonly struct SimulatorFaultKind : IEquatable<SimulatorFaultKind>
    {
        private readonly string _value;

        private SimulatorFaultKind(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The call fails with `error`. A guest that refuses `Guest.Boot` or `Guest.Shutdown` does not do it.
        /// </summary>
        public static SimulatorFaultKind Refuse { get; } = new SimulatorFaultKind("Refuse");
        /// <summary>
        /// The call does not return before it is cancelled, or before `duration` is over.
        /// </summary>
        public static SimulatorFaultKind Hang { get; } = new SimulatorFaultKind("Hang");
        /// <summary>
        /// The call takes `duration` longer (default 10 s; for blocks 1 s each).
        /// </summary>
        public static SimulatorFaultKind Slow { get; } = new SimulatorFaultKind("Slow");
        /// <summary>
        /// The call reports success and has done nothing. A read of blocks gives a wrong byte.
        /// </summary>
        public static SimulatorFaultKind Lie { get; } = new SimulatorFaultKind("Lie");
        /// <summary>
        /// The call does its work, then the connection breaks.
        /// </summary>
        public static SimulatorFaultKind LoseReply { get; } = new SimulatorFaultKind("LoseReply");
        /// <summary>
        /// An exception that nobody handles. For tests inside one process; use `Kill` otherwise.
        /// </summary>
        public static SimulatorFaultKind Crash { get; } = new SimulatorFaultKind("Crash");
        /// <summary>
        /// The process kills itself, as `kill -9` would. Run again to see that the migration continues; needs `state`.
        /// </summary>
        public static SimulatorFaultKind Kill { get; } = new SimulatorFaultKind("Kill");

        public static bool operator ==(SimulatorFaultKind left, SimulatorFaultKind right) => left.Equals(right);
        public static bool operator !=(SimulatorFaultKind left, SimulatorFaultKind right) => !left.Equals(right);

        public static explicit operator string(SimulatorFaultKind value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is SimulatorFaultKind other && Equals(other);
        public bool Equals(SimulatorFaultKind other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// Where in the call `Crash` and `Kill` strike.
    /// </summary>
    [EnumType]
    public readonly struct SimulatorFaultMoment : IEquatable<SimulatorFaultMoment>
    {
        private readonly string _value;

        private SimulatorFaultMoment(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// Before anything is done.
        /// </summary>
        public static SimulatorFaultMoment Before { get; } = new SimulatorFaultMoment("Before");
        /// <summary>
        /// After the first of several changes; as `After` when there is only one.
        /// </summary>
        public static SimulatorFaultMoment Inside { get; } = new SimulatorFaultMoment("Inside");
        /// <summary>
        /// All is done, the caller never learns of it.
        /// </summary>
        public static SimulatorFaultMoment After { get; } = new SimulatorFaultMoment("After");

        public static bool operator ==(SimulatorFaultMoment left, SimulatorFaultMoment right) => left.Equals(right);
        public static bool operator !=(SimulatorFaultMoment left, SimulatorFaultMoment right) => !left.Equals(right);

        public static explicit operator string(SimulatorFaultMoment value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is SimulatorFaultMoment other && Equals(other);
        public bool Equals(SimulatorFaultMoment other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// How a simulated VM boots.
    /// </summary>
    [EnumType]
    public readonly struct SimulatorFirmware : IEquatable<SimulatorFirmware>
    {
        private readonly string _value;

        private SimulatorFirmware(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// BIOS.
        /// </summary>
        public static SimulatorFirmware Bios { get; } = new SimulatorFirmware("Bios");
        /// <summary>
        /// UEFI.
        /// </summary>
        public static SimulatorFirmware Uefi { get; } = new SimulatorFirmware("Uefi");

        public static bool operator ==(SimulatorFirmware left, SimulatorFirmware right) => left.Equals(right);
        public static bool operator !=(SimulatorFirmware left, SimulatorFirmware right) => !left.Equals(right);

        public static explicit operator string(SimulatorFirmware value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is SimulatorFirmware other && Equals(other);
        public bool Equals(SimulatorFirmware other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }

    /// <summary>
    /// What becomes of the source VM when the migration is committed.
    /// </summary>
    [EnumType]
    public readonly struct SourceAfterCommit : IEquatable<SourceAfterCommit>
    {
        private readonly string _value;

        private SourceAfterCommit(string value)
        {
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        /// <summary>
        /// The VM's definition and its disks are deleted.
        /// </summary>
        public static SourceAfterCommit Remove { get; } = new SourceAfterCommit("Remove");
        /// <summary>
        /// It is put away: off, renamed to `&lt;name&gt;-archived-&lt;day&gt;`, unable to start by mistake and without our stamp; its disks are kept. For platforms that can; preview says where one cannot.
        /// </summary>
        public static SourceAfterCommit Archive { get; } = new SourceAfterCommit("Archive");
        /// <summary>
        /// It stays, off and fenced under its stamp, for somebody to delete by hand.
        /// </summary>
        public static SourceAfterCommit Keep { get; } = new SourceAfterCommit("Keep");

        public static bool operator ==(SourceAfterCommit left, SourceAfterCommit right) => left.Equals(right);
        public static bool operator !=(SourceAfterCommit left, SourceAfterCommit right) => !left.Equals(right);

        public static explicit operator string(SourceAfterCommit value) => value._value;

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override bool Equals(object? obj) => obj is SourceAfterCommit other && Equals(other);
        public bool Equals(SourceAfterCommit other) => string.Equals(_value, other._value, StringComparison.Ordinal);

        [EditorBrowsable(EditorBrowsableState.Never)]
        public override int GetHashCode() => _value?.GetHashCode() ?? 0;

        public override string ToString() => _value;
    }
}
