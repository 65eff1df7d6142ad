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
    /// A helper on a host that is reached by ssh: this provider's own program, which reads and digests disks there, so that only blocks that differ cross the link, packed with zstd where that pays.
    /// </summary>
    public sealed class LibvirtRelayArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Whether the provider may copy its program to the host when it is not there (it is removed again at the end) and run it, as the account that ssh uses.
        /// </summary>
        [Input("allow")]
        public Input<bool>? Allow { get; set; }

        /// <summary>
        /// The folder on the host that the program is copied to, where programs may be run. Without it: `~/.cache`.
        /// </summary>
        [Input("folder")]
        public Input<string>? Folder { get; set; }

        /// <summary>
        /// The path of a `vmmigrate` of the same version that is installed on the host. It is used in place of a copy.
        /// </summary>
        [Input("program")]
        public Input<string>? Program { get; set; }

        public LibvirtRelayArgs()
        {
            Allow = false;
        }
        public static new LibvirtRelayArgs Empty => new LibvirtRelayArgs();
    }
}
