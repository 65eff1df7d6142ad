namespace VmMigrate.Engine.Contracts;

/// <summary>Who drives a migration now: a record on the home site's platform that keeps two runs apart.</summary>
/// <param name="Token">Names this one holding of the lease, and fences: whoever holds another token may not write any more.</param>
/// <param name="Holder">Who it is, for people: machine, process, and who declared it.</param>
/// <param name="Process">The holder's process, for a run on the same machine to see whether it still lives (<see cref="Driving.RunnerIdentity"/>).</param>
/// <param name="Since">When it was taken.</param>
/// <param name="Until">When it may be taken over, unless it is renewed.</param>
public sealed record Lease(string MigrationId, Guid Token, string Holder, string Process, DateTimeOffset Since, DateTimeOffset Until);
