// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// A KVM or QEMU host run by libvirt.
    /// </summary>
    public sealed class LibvirtSiteArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// How VMs that move live come to this host.
        /// </summary>
        [Input("liveMigration")]
        public Input<Inputs.LibvirtLiveMigrationArgs>? LiveMigration { get; set; }

        /// <summary>
        /// Lets a helper run on the host, which sends less over the link. Only for `qemu+ssh://`.
        /// </summary>
        [Input("relay")]
        public Input<Inputs.LibvirtRelayArgs>? Relay { get; set; }

        /// <summary>
        /// libvirt's connection URI: `qemu:///system`, `qemu+ssh://root@kvm1/system`, `qemu+unix:///session?socket=/path`, `qemu+tls://kvm1/system`, ...
        /// </summary>
        [Input("uri", required: true)]
        public Input<string> Uri { get; set; } = null!;

        public LibvirtSiteArgs()
        {
        }
        public static new LibvirtSiteArgs Empty => new LibvirtSiteArgs();
    }
}
