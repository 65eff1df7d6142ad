using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Planning;

/// <summary>The sites of a configured provider.</summary>
public abstract class SiteBook
{
    public abstract IReadOnlyCollection<string> Names { get; }

    /// <summary>The open site of this name; null when the config has none.</summary>
    public abstract Site? Find(string name);

    /// <summary>Private keys of the provider's config.</summary>
    public virtual SshKeys SshKeys => SshKeys.None;

    /// <summary>Thresholds for all migrations of this provider.</summary>
    public virtual Policy Policy => Policy.Default;

    /// <summary>What migrations of this process are going to take, so that each sees the room that the others leave.</summary>
    public virtual ReservationBook Reservations { get; } = new();

    /// <summary>What runs between two of its sites have taken.</summary>
    public virtual Task<RunHistory> HistoryAsync(Site from, Site to, CancellationToken cancellation) => RunHistory.ReadAsync(from, to, cancellation);

    /// <summary>What a short try of the way between two of its sites gives; null: nothing.</summary>
    public virtual Task<LinkProbe?> ProbeAsync(Site from, Site to, CancellationToken cancellation) => LinkProbe.MeasureAsync(from, to, cancellation);
}
