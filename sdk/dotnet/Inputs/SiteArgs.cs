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
    /// A place where VMs run: exactly one platform block. `libvirt` must be set.
    /// </summary>
    public sealed class SiteArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// A KVM or QEMU host run by libvirt.
        /// </summary>
        [Input("libvirt")]
        public Input<Inputs.LibvirtSiteArgs>? Libvirt { get; set; }

        public SiteArgs()
        {
        }
        public static new SiteArgs Empty => new SiteArgs();
    }
}
