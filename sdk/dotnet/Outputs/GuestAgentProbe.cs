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
    /// The guest's agent answers a ping.
    /// </summary>
    [OutputType]
    public sealed class GuestAgentProbe
    {
        [OutputConstructor]
        private GuestAgentProbe()
        {
        }
    }
}
