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
    /// A command in the new VM, read by a shell over SSH, so that no list of processes shows it. Never printed.
    /// </summary>
    [OutputType]
    public sealed class Hook
    {
        /// <summary>
        /// The command or script, for `sh`. It has to end with 0, and to bear being run again: a run that was killed in it repeats it.
        /// </summary>
        public readonly string Command;
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
        /// How long the login may take from the start of the VM, and then the command. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Timeout;
        /// <summary>
        /// The account in the guest.
        /// </summary>
        public readonly string User;

        [OutputConstructor]
        private Hook(
            string command,

            string? host,

            string? hostKey,

            string? key,

            string? keyFile,

            int? port,

            string? timeout,

            string user)
        {
            Command = command;
            Host = host;
            HostKey = hostKey;
            Key = key;
            KeyFile = keyFile;
            Port = port;
            Timeout = timeout;
            User = user;
        }
    }
}
