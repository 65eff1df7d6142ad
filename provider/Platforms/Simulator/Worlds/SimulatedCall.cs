namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>One call of a site's method.</summary>
/// <param name="Name">Without Async, such as <c>EnsureRunning</c>.</param>
/// <param name="Arguments">For people.</param>
/// <param name="Writes">The call may change something.</param>
/// <param name="Outcome"><c>ok</c>, or what was thrown.</param>
public sealed record SimulatedCall(DateTimeOffset At, string Site, string Name, string? Vm, string Arguments, bool Writes, string Outcome);

/// <summary>One change to a VM.</summary>
/// <param name="What">Such as <c>started</c>, <c>off</c>, <c>fenced</c>.</param>
/// <param name="ByHand">By somebody else than a site's method.</param>
public sealed record SimulatedEvent(DateTimeOffset At, string Site, string Vm, string Name, string What, bool ByHand);
