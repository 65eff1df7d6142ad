namespace VmMigrate.Platforms.Simulator;

/// <summary>Whoever directs the simulation by hand asked for something that is not there.</summary>
public sealed class SimulatedMistakeException(string message) : Exception(message);
