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
    /// A place where VMs run: exactly one platform block. Exactly one of `libvirt`, `aws`, `simulator` and `vsphere` must be set.
    /// </summary>
    public sealed class SiteArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Amazon EC2 in one region. Without keys or a profile, AWS's own chain is asked: environment, profile, SSO, container, instance role.
        /// </summary>
        [Input("aws")]
        public Input<Inputs.AwsSiteArgs>? Aws { get; set; }

        /// <summary>
        /// A KVM or QEMU host run by libvirt.
        /// </summary>
        [Input("libvirt")]
        public Input<Inputs.LibvirtSiteArgs>? Libvirt { get; set; }

        /// <summary>
        /// How many of this site's disks are read or written at a time, over all migrations. Without it there is no limit.
        /// </summary>
        [Input("maxConcurrentDisks")]
        public Input<int>? MaxConcurrentDisks { get; set; }

        /// <summary>
        /// A site that exists only as numbers: to rehearse migrations, in CI too, with no hypervisor. The same block always makes the same site. Disks of any size cost nothing until they are written.
        /// </summary>
        [Input("simulator")]
        public Input<Inputs.SimulatorSiteArgs>? Simulator { get; set; }

        /// <summary>
        /// A VMware vCenter with its hosts, or one ESXi host without one (vSphere 6.5 to 8).
        /// </summary>
        [Input("vsphere")]
        public Input<Inputs.VSphereSiteArgs>? Vsphere { get; set; }

        public SiteArgs()
        {
        }
        public static new SiteArgs Empty => new SiteArgs();
    }
}
