namespace VmMigrate.Engine.Contracts;

// What a VM's firmware keeps outside its disks. Optional: see Capabilities.CarriesFirmware.
public abstract partial class Site
{
    /// <summary>The UEFI variables of a VM that is off, as its firmware keeps them (half a MiB for most); null where it has kept none yet. Only reads.</summary>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.Busy"/>: it is not off.</exception>
    public virtual Task<ReadOnlyMemory<byte>?> ReadFirmwareAsync(string vmId, CancellationToken cancellation) => throw Lacks("read a VM's UEFI variables");

    /// <summary>A stamped VM that is off starts with these UEFI variables: written and read back.</summary>
    /// <returns>False where it has no variables yet and the platform cannot make them: its firmware makes new ones at the first start.</returns>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.Refused"/>: it does not carry the stamp, or keeps its variables in another length.</exception>
    public virtual Task<bool> EnsureFirmwareAsync(string vmId, string migrationId, ReadOnlyMemory<byte> variables, CancellationToken cancellation) => throw Lacks("keep a VM's UEFI variables");
}
