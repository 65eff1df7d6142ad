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
    /// A command in the guest succeeds, over the SSH client of the machine where the provider runs.
    /// </summary>
    public sealed class SshProbe : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// The command. Exit code 0 counts.
        /// </summary>
        [Input("command", required: true)]
        public string Command { get; set; } = null!;

        /// <summary>
        /// A text that the command has to print.
        /// </summary>
        [Input("contains")]
        public string? Contains { get; set; }

        /// <summary>
        /// Name or address. Default: the guest's first address as its agent tells it.
        /// </summary>
        [Input("host")]
        public string? Host { get; set; }

        /// <summary>
        /// The guest's public host key, such as `ssh-ed25519 AAAA…`. Default: as the SSH client's `known_hosts` has it; where it has none, any key is trusted for that login, nothing is remembered, and preview says so.
        /// </summary>
        [Input("hostKey")]
        public string? HostKey { get; set; }

        /// <summary>
        /// The name of a private key in the provider's `sshKeys`, instead of a file.
        /// </summary>
        [Input("key")]
        public string? Key { get; set; }

        /// <summary>
        /// A private key's file on the machine where the provider runs. Default: the keys that the SSH client finds by itself.
        /// </summary>
        [Input("keyFile")]
        public string? KeyFile { get; set; }

        /// <summary>
        /// The port.
        /// </summary>
        [Input("port")]
        public int? Port { get; set; }

        /// <summary>
        /// The account in the guest.
        /// </summary>
        [Input("user", required: true)]
        public string User { get; set; } = null!;

        public SshProbe()
        {
            Port = 22;
        }
        public static new SshProbe Empty => new SshProbe();
    }
}
