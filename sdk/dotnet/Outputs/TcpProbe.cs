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
    /// The guest accepts a TCP connection.
    /// </summary>
    [OutputType]
    public sealed class TcpProbe
    {
        /// <summary>
        /// Name or address to connect to. Default: the guest's first address as its agent tells it.
        /// </summary>
        public readonly string? Host;
        /// <summary>
        /// The port.
        /// </summary>
        public readonly int Port;

        [OutputConstructor]
        private TcpProbe(
            string? host,

            int port)
        {
            Host = host;
            Port = port;
        }
    }
}
