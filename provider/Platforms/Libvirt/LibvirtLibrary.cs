using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>The library itself: loaded and set up once, when the first site needs it.</summary>
internal static class LibvirtLibrary
{
    private static readonly Lock Gate = new();
    private static bool _ready;

    /// <exception cref="PlatformException">The library is not installed.</exception>
    internal static unsafe void Load(string site)
    {
        lock (Gate)
        {
            if (_ready)
            {
                return;
            }

            if (!NativeLibrary.TryLoad(NativeMethods.Library, out _))
            {
                throw new PlatformException(
                    PlatformErrorKind.Unsupported,
                    site,
                    $"site {site} needs libvirt's client library ({NativeMethods.Library}), which is not installed on this machine: apt install libvirt0 (Debian, Ubuntu) or dnf install libvirt-libs (Fedora, RHEL)");
            }

            // Keepalive needs an event loop, and that must be registered before the first connection.
            if (NativeMethods.virInitialize() < 0 || NativeMethods.virEventRegisterDefaultImpl() < 0)
            {
                throw LibvirtErrors.From(site, "libvirt's client library did not start", LibvirtErrors.Last());
            }

            // libvirt prints every error on stderr unless it is given a handler.
            NativeMethods.virSetErrorFunc(null, &Ignore);
            new Thread(RunEvents) { IsBackground = true, Name = "libvirt events" }.Start();
            _ready = true;
        }
    }

    private static void RunEvents()
    {
        while (true)
        {
            if (NativeMethods.virEventRunDefaultImpl() < 0)
            {
                // It fails at once for as long as its cause lasts (no descriptors left): not in a tight loop.
                Thread.Sleep(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void Ignore(void* userData, VirError* error)
    {
    }
}
