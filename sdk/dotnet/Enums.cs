// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.ComponentModel;
using Pulumi;

namespace VmMigrate.Sdk
{
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
