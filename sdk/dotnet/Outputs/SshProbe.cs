// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// A command in the guest succeeds, over the SSH client of the machine where the provider runs.
    /// </summary>
    [OutputType]
    public sealed class SshProbe
    {
        /// <summary>
        /// The command. Exit code 0 counts.
        /// </summary>
        public readonly string Command;
        /// <summary>
        /// A text that the command has to print.
        /// </summary>
        public readonly string? Contains;
        /// <summary>
        /// Name or address. Default: the guest's first address as its agent tells it.
        /// </summary>
        public readonly string? Host;
        /// <summary>
        /// The guest's public host key, such as `ssh-ed25519 AAAA…`. Default: as the SSH client's `known_hosts` has it; where it has none, any key is trusted for that login, nothing is remembered, and preview says so.
        /// </summary>
        public readonly string? HostKey;
        /// <summary>
        /// The name of a private key in the provider's `sshKeys`, instead of a file.
        /// </summary>
        public readonly string? Key;
        /// <summary>
        /// A private key's file on the machine where the provider runs. Default: the keys that the SSH client finds by itself.
        /// </summary>
        public readonly string? KeyFile;
        /// <summary>
        /// The port.
        /// </summary>
        public readonly int? Port;
        /// <summary>
        /// The account in the guest.
        /// </summary>
        public readonly string User;

        [OutputConstructor]
        private SshProbe(
            string command,

            string? contains,

            string? host,

            string? hostKey,

            string? key,

            string? keyFile,

            int? port,

            string user)
        {
            Command = command;
            Contains = contains;
            Host = host;
            HostKey = hostKey;
            Key = key;
            KeyFile = keyFile;
            Port = port;
            User = user;
        }
    }
}
