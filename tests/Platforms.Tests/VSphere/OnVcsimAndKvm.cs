using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.VSphere;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Tests of one VM between a simulated vCenter and a real libvirt host.</summary>
/// <param name="name">Of the VM, which is on the host neither before nor after.</param>
/// <param name="arguments">Of the simulator.</param>
public abstract class OnVcsimAndKvm(TwoHosts lab, string name, params string[] arguments) : IAsyncLifetime
{
    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected TwoHosts Lab => lab;

    private protected Vcsim Vcsim { get; private set; } = null!;

    private protected VSphereSite Vcenter { get; private set; } = null!;

    private protected LibvirtSite Kvm { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Vcsim = await Vcsim.StartAsync(arguments);
        Vcenter = Vcsim.Open("vc1");
        Kvm = lab.Open(TwoHosts.Dc2);
        await TwoHosts.ForgetAsync(name);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Vcenter.DisposeAsync();
        await Kvm.DisposeAsync();
        await Vcsim.DisposeAsync();
        await TwoHosts.ForgetAsync(name);
        GC.SuppressFinalize(this);
    }

    private protected Task<RunOutcome> UpAsync(MigrationSpec spec) => VcsimMoves.UpAsync(spec, null, Cancel, Vcenter, Kvm);
}
