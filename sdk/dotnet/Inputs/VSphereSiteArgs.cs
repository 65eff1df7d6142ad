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
    /// A VMware vCenter with its hosts, or one ESXi host without one (vSphere 6.5 to 8).
    /// </summary>
    public sealed class VSphereSiteArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// A PEM file with the authorities that sign the server's certificate, where this machine does not trust them already.
        /// </summary>
        [Input("caFile")]
        public Input<string>? CaFile { get; set; }

        /// <summary>
        /// Whether changed-block tracking may be switched on for a VM that lacks it, which warm moves need. It takes a snapshot that stuns a running VM for a moment.
        /// </summary>
        [Input("enableChangeTracking")]
        public Input<bool>? EnableChangeTracking { get; set; }

        /// <summary>
        /// Inventory path of the folder for VMs that are moved here, such as `/DC0/vm/moved`. Default: the datacenter's VM folder.
        /// </summary>
        [Input("folder")]
        public Input<string>? Folder { get; set; }

        [Input("password")]
        private Input<string>? _password;

        /// <summary>
        /// The account's password.
        /// </summary>
        public Input<string>? Password
        {
            get => _password;
            set
            {
                var emptySecret = Output.CreateSecret(0);
                _password = Output.Tuple<Input<string>?, int>(value, emptySecret).Apply(t => t.Item1);
            }
        }

        /// <summary>
        /// Inventory path of the resource pool for VMs that are moved here, such as `/DC0/host/Cluster/Resources/moved`. Default: the one of the host's cluster.
        /// </summary>
        [Input("resourcePool")]
        public Input<string>? ResourcePool { get; set; }

        /// <summary>
        /// The vCenter or ESXi host: a name or address, with a port where it is not 443, or the URL of its SDK: `vc1.example.com`, `10.0.0.5:8443`, `https://vc1.example.com/sdk`.
        /// </summary>
        [Input("server", required: true)]
        public Input<string> Server { get; set; } = null!;

        [Input("sessionToken")]
        private Input<string>? _sessionToken;

        /// <summary>
        /// An open session in place of user and password: the value of its cookie `vmware_soap_session`. It is not ended, and not renewed when it ends.
        /// </summary>
        public Input<string>? SessionToken
        {
            get => _sessionToken;
            set
            {
                var emptySecret = Output.CreateSecret(0);
                _sessionToken = Output.Tuple<Input<string>?, int>(value, emptySecret).Apply(t => t.Item1);
            }
        }

        /// <summary>
        /// The SHA-256 thumbprint of the server's own certificate, in hex with or without colons. Then this certificate is taken and no other.
        /// </summary>
        [Input("thumbprint")]
        public Input<string>? Thumbprint { get; set; }

        /// <summary>
        /// The account, such as `migrate@vsphere.local`.
        /// </summary>
        [Input("user")]
        public Input<string>? User { get; set; }

        /// <summary>
        /// The folder of VMware's Virtual Disk Development Kit, for `nbdkit vddk`: the fastest way to read and write disks. It is not shipped with this provider.
        /// </summary>
        [Input("vddkLibrary")]
        public Input<string>? VddkLibrary { get; set; }

        public VSphereSiteArgs()
        {
        }
        public static new VSphereSiteArgs Empty => new VSphereSiteArgs();
    }
}
