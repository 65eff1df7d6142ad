using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace VmMigrate.TestEc2;

/// <summary>The few calls of other services that a move needs: who am I, another role, the guest's agent, quotas.</summary>
internal sealed class OtherApis(World world)
{
    private static readonly XNamespace Sts = "https://sts.amazonaws.com/doc/2011-06-15/";

    /// <summary>The external id that the role asks for.</summary>
    internal string ExternalId { get; set; } = "vmmigrate-test";

    internal string Role { get; set; } = "arn:aws:iam::123456789012:role/migration";

    internal TimeSpan SessionLength { get; set; } = TimeSpan.FromHours(1);

    internal string AnswerSts(QueryParameters call, Account who)
    {
        switch (call.Action)
        {
            case "GetCallerIdentity":
                return new XElement(Sts + "GetCallerIdentityResponse", new XElement(Sts + "GetCallerIdentityResult",
                    new XElement(Sts + "Arn", who.Arn), new XElement(Sts + "UserId", "AIDATEST"), new XElement(Sts + "Account", World.Owner))).ToString();
            case "AssumeRole":
                var role = call.Need("RoleArn");
                var session = call.Need("RoleSessionName");
                var external = call.Text("ExternalId");
                call.Number("DurationSeconds");
                call.Done();
                if (role != Role || external != ExternalId)
                {
                    throw new Ec2Error(403, "AccessDenied", $"User: {who.Arn} is not authorized to perform: sts:AssumeRole on resource: {role}");
                }

                var account = new Account
                {
                    Key = "ASIA" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8)),
                    Secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(20)),
                    Token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(60)),
                    Expires = world.Now + SessionLength,
                    Arn = $"arn:aws:sts::{World.Owner}:assumed-role/migration/{session}",
                };
                world.Accounts.Add(account);
                return new XElement(Sts + "AssumeRoleResponse", new XElement(Sts + "AssumeRoleResult",
                    new XElement(Sts + "Credentials",
                        new XElement(Sts + "AccessKeyId", account.Key), new XElement(Sts + "SecretAccessKey", account.Secret), new XElement(Sts + "SessionToken", account.Token),
                        new XElement(Sts + "Expiration", account.Expires!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))),
                    new XElement(Sts + "AssumedRoleUser", new XElement(Sts + "AssumedRoleId", "AROATEST:" + session), new XElement(Sts + "Arn", account.Arn)))).ToString();
            default:
                throw new Ec2Error(400, "InvalidAction", $"The action {call.Action} is not valid for this web service.");
        }
    }

    internal EbsApi.Reply AnswerJson(string target, JsonObject body, Account who)
    {
        world.Settle();
        var action = target.Split('.')[^1];
        if (who.Denied.Contains((target.StartsWith("AmazonSSM", StringComparison.Ordinal) ? "ssm:" : "servicequotas:") + action))
        {
            throw new Ec2Error(400, "AccessDeniedException", $"User: {who.Arn} is not authorized to perform: {action}");
        }

        switch (action)
        {
            case "DescribeInstanceInformation":
                var ids = body["Filters"]![0]!["Values"]!.AsArray().Select(id => (string)id!).ToList();
                return EbsApi.Json(200, new JsonObject
                {
                    ["InstanceInformationList"] = new JsonArray([.. world.Instances.Where(i => ids.Contains(i.Id) && i.State == "running" && !i.HasNoAgent && i.Running is { IsUp: true }).Select(i =>
                        new JsonObject { ["InstanceId"] = i.Id, ["PingStatus"] = "Online", ["PlatformName"] = "Debian GNU/Linux", ["PlatformVersion"] = "12", ["LastPingDateTime"] = world.Now.ToUnixTimeMilliseconds() / 1000.0 })]),
                });
            case "SendCommand":
                var id = (string)body["InstanceIds"]![0]!;
                var instance = world.Instances.Find(i => i.Id == id && i.State == "running" && !i.HasNoAgent && i.Running is { IsUp: true })
                    ?? throw new Ec2Error(400, "InvalidInstanceId", $"Instances not in a valid state for account: {id}");
                if ((string?)body["DocumentName"] != "AWS-RunShellScript" || !((string?)body["Parameters"]?["commands"]?[0] ?? "").Contains("shutdown", StringComparison.Ordinal))
                {
                    throw new Ec2Error(400, "InvalidDocument", "This service knows one command.");
                }

                instance.Running!.AskToStop();
                return EbsApi.Json(200, new JsonObject { ["Command"] = new JsonObject { ["CommandId"] = Guid.NewGuid().ToString(), ["Status"] = "Pending" } });
            case "GetServiceQuota":
                var code = (string?)body["QuotaCode"];
                return EbsApi.Json(200, new JsonObject
                {
                    ["Quota"] = new JsonObject
                    {
                        ["QuotaCode"] = code,
                        ["ServiceCode"] = (string?)body["ServiceCode"],
                        ["Value"] = code switch
                        {
                            "L-1216C47A" => world.VcpuQuota,
                            "L-94D7AB7D" => world.MostPendingSnapshots,
                            "L-AFAE1BE8" => world.PutsPerSecondQuota,
                            _ => throw new Ec2Error(400, "NoSuchResourceException", "The quota does not exist."),
                        }
                    }
                });
            default:
                throw new Ec2Error(400, "UnknownOperationException", target);
        }
    }
}
