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
    /// How VMs that move live come to this host: QEMU connects to QEMU, apart from libvirt's own connection.
    /// </summary>
    public sealed class LibvirtLiveMigrationArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// The host's name or address in the network for migrations, as the other host reaches it. Default: the host in the URI.
        /// </summary>
        [Input("address")]
        public Input<string>? Address { get; set; }

        /// <summary>
        /// Whether memory and disks go over TLS. Both hosts need certificates for it (`migrate_tls_x509_cert_dir` or `default_tls_x509_cert_dir` in qemu.conf) that name the address.
        /// </summary>
        [Input("tls")]
        public Input<bool>? Tls { get; set; }

        public LibvirtLiveMigrationArgs()
        {
            Tls = false;
        }
        public static new LibvirtLiveMigrationArgs Empty => new LibvirtLiveMigrationArgs();
    }
}
