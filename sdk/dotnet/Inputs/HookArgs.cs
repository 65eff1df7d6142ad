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
    /// A command in the new VM, read by a shell over SSH, so that no list of processes shows it. Never printed.
    /// </summary>
    public sealed class HookArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// The command or script, for `sh`. It has to end with 0, and to bear being run again: a run that was killed in it repeats it.
        /// </summary>
        [Input("command", required: true)]
        public Input<string> Command { get; set; } = null!;

        /// <summary>
        /// Name or address. Default: the guest's first address as its agent tells it.
        /// </summary>
        [Input("host")]
        public Input<string>? Host { get; set; }

        /// <summary>
        /// The guest's public host key, such as `ssh-ed25519 AAAA…`. Default: as the SSH client's `known_hosts` has it; where it has none, any key is trusted for that login, nothing is remembered, and preview says so.
        /// </summary>
        [Input("hostKey")]
        public Input<string>? HostKey { get; set; }

        /// <summary>
        /// The name of a private key in the provider's `sshKeys`, instead of a file.
        /// </summary>
        [Input("key")]
        public Input<string>? Key { get; set; }

        /// <summary>
        /// A private key's file on the machine where the provider runs. Default: the keys that the SSH client finds by itself.
        /// </summary>
        [Input("keyFile")]
        public Input<string>? KeyFile { get; set; }

        /// <summary>
        /// The port.
        /// </summary>
        [Input("port")]
        public Input<int>? Port { get; set; }

        /// <summary>
        /// How long the login may take from the start of the VM, and then the command. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("timeout")]
        public Input<string>? Timeout { get; set; }

        /// <summary>
        /// The account in the guest.
        /// </summary>
        [Input("user", required: true)]
        public Input<string> User { get; set; } = null!;

        public HookArgs()
        {
            Port = 22;
            Timeout = "5m";
        }
        public static new HookArgs Empty => new HookArgs();
    }
}
