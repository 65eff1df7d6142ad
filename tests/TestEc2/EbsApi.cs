using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VmMigrate.TestEc2;

/// <summary>EBS direct: reading and writing snapshots block by block, in the service's REST shape.</summary>
internal sealed class EbsApi(World world)
{
    /// <summary>Where an answer goes: status, headers, body.</summary>
    internal sealed record Reply(int Status, Dictionary<string, string> Headers, ReadOnlyMemory<byte> Body);

    internal Reply Answer(string method, string path, IReadOnlyDictionary<string, string> query, Func<string, string?> header, ReadOnlyMemory<byte> body, Account who)
    {
        world.Settle();
        var parts = path.Trim('/').Split('/');
        return (method, parts) switch
        {
            ("POST", ["snapshots"]) => Allowed(who, "StartSnapshot", () => Start(body)),
            ("PUT", ["snapshots", var id, "blocks", var index]) => Allowed(who, "PutSnapshotBlock", () => Put(id, Number(index), header, body)),
            ("POST", ["snapshots", "completion", var id]) => Allowed(who, "CompleteSnapshot", () => Complete(id, header)),
            ("GET", ["snapshots", var id, "blocks"]) => Allowed(who, "ListSnapshotBlocks", () => List(id, query)),
            ("GET", ["snapshots", var id, "blocks", var index]) => Allowed(who, "GetSnapshotBlock", () => Get(id, Number(index), query)),
            ("GET", ["snapshots", var id, "changedblocks"]) => Allowed(who, "ListChangedBlocks", () => Changed(id, query)),
            _ => throw new Ec2Error(404, "UnknownOperationException", $"{method} {path}"),
        };
    }

    private static Reply Allowed(Account who, string action, Func<Reply> run) => who.Denied.Contains("ebs:" + action)
        ? throw new Ec2Error(403, "AccessDeniedException", $"User: {who.Arn} is not authorized to perform: ebs:{action}", "UNAUTHORIZED_ACCOUNT")
        : run();

    private Reply Start(ReadOnlyMemory<byte> body)
    {
        var asked = JsonNode.Parse(body.Span)!.AsObject();
        foreach (var (name, _) in asked)
        {
            if (name is not ("VolumeSize" or "ParentSnapshotId" or "Tags" or "Description" or "ClientToken" or "Encrypted" or "KmsKeyArn" or "Timeout"))
            {
                throw Invalid("INVALID_PARAMETER_VALUE", $"Unknown member {name}");
            }
        }

        var size = (int?)asked["VolumeSize"] ?? throw Invalid("INVALID_VOLUME_SIZE", "VolumeSize is required");
        var parentId = (string?)asked["ParentSnapshotId"];
        var encrypted = (bool?)asked["Encrypted"];
        var key = (string?)asked["KmsKeyArn"];
        var timeout = (int?)asked["Timeout"] ?? 60;
        var token = (string?)asked["ClientToken"];
        if (size is < 1 or > 65536 || timeout is < 10 or > 4320)
        {
            throw Invalid("INVALID_VOLUME_SIZE", "VolumeSize or Timeout is out of range");
        }

        if (parentId is not null && (encrypted is not null || key is not null))
        {
            throw Invalid("INVALID_DEPENDENCY_REQUEST", "Encrypted and KmsKeyArn can not be given together with ParentSnapshotId.");
        }

        if (key is not null && (encrypted != true || !world.KmsKeys.Contains(key)))
        {
            throw Invalid("INVALID_CUSTOMER_KEY", "KmsKeyArn is no key of this account, or Encrypted is not set.");
        }

        var tags = (asked["Tags"]?.AsArray() ?? []).ToDictionary(tag => QueryParameters.CheckedKey((string)tag!["Key"]!), tag => QueryParameters.CheckedValue((string)tag!["Value"]!));
        if (token is not null && world.Snapshots.Find(s => s.ClientToken == token) is { } made)
        {
            return made.SizeGib == size && made.Parent?.Id == parentId ? Json(201, Describe(made)) : throw new Ec2Error(400, "ConflictException", "The request uses the same client token as a previous, but non-identical request.");
        }

        var parent = parentId is null ? null : Find(parentId);
        if (parent is { State: not "completed" })
        {
            throw Invalid("INVALID_SNAPSHOT_ID", $"The parent snapshot {parentId} is not completed.");
        }

        if (parent is not null && size < parent.SizeGib)
        {
            throw Invalid("INVALID_VOLUME_SIZE", "The volume is smaller than the parent's.");
        }

        if (world.Snapshots.Count(s => s.State == "pending") >= world.MostPendingSnapshots)
        {
            throw new Ec2Error(402, "ServiceQuotaExceededException", "Your current service quotas do not allow you to perform this action.", "DEPENDENCY_SERVICE_QUOTA_EXCEEDED");
        }

        var snapshot = world.Add(world.Snapshots, new Snapshot
        {
            Id = world.NewId("snap"),
            Made = world.Now,
            SizeGib = size,
            State = "pending",
            TakesBlocks = true,
            Parent = parent,
            Lineage = parent?.Lineage ?? world.NewId("line"),
            KmsKey = key ?? parent?.KmsKey,
            Description = (string?)asked["Description"],
            Blocks = parent is null ? [] : new(parent.Blocks),
            Tags = tags,
            ClientToken = token,
        });
        return Json(201, Describe(snapshot));
    }

    private static JsonObject Describe(Snapshot s) => new()
    {
        ["SnapshotId"] = s.Id,
        ["OwnerId"] = World.Owner,
        ["Status"] = s.State,
        ["StartTime"] = s.Made.ToUnixTimeMilliseconds() / 1000.0,
        ["VolumeSize"] = s.SizeGib,
        ["BlockSize"] = World.BlockBytes,
        ["ParentSnapshotId"] = s.Parent?.Id,
        ["KmsKeyArn"] = s.KmsKey,
        ["Description"] = s.Description,
        ["Tags"] = new JsonArray([.. s.Tags.Select(tag => new JsonObject { ["Key"] = tag.Key, ["Value"] = tag.Value })]),
    };

    private Reply Put(string id, int index, Func<string, string?> header, ReadOnlyMemory<byte> body)
    {
        var snapshot = Find(id);
        if (!snapshot.TakesBlocks || snapshot.State != "pending" || snapshot.CompletesAt is not null)
        {
            throw Invalid("INVALID_SNAPSHOT_ID", $"The snapshot {id} is not pending.");
        }

        if (index < 0 || index >= snapshot.SizeGib * 2048L)
        {
            throw Invalid("INVALID_BLOCK", $"The block {index} is beyond the volume.");
        }

        if (header("x-amz-data-length") != "524288" || body.Length != World.BlockBytes)
        {
            throw Invalid("INVALID_PARAMETER_VALUE", $"The data length must be 524288, and the body as long: {header("x-amz-data-length")}, {body.Length}.");
        }

        if (header("x-amz-checksum-algorithm") != "SHA256" || header("x-amz-checksum") is not { } checksum)
        {
            throw Invalid("INVALID_PARAMETER_VALUE", "A SHA256 checksum is required.");
        }

        var hash = SHA256.HashData(body.Span);
        if (world.Faults.Strikes(world.Faults.Corrupted))
        {
            // The content was spoilt on its way to the store.
            hash[0] ^= 1;
        }

        if (Convert.ToBase64String(hash) != checksum)
        {
            throw Invalid("INVALID_PARAMETER_VALUE", "The checksum does not match the content that was received.");
        }

        snapshot.Put[index] = hash;
        snapshot.Blocks[index] = world.KeepBlocks ? body.ToArray() : [];
        if (world.KeepBlocks)
        {
            world.Puts.Add((id, index));
        }

        return new Reply(201, new() { ["x-amz-Checksum"] = checksum, ["x-amz-Checksum-Algorithm"] = "SHA256" }, "{}"u8.ToArray());
    }

    private Reply Complete(string id, Func<string, string?> header)
    {
        var snapshot = Find(id);
        if (!snapshot.TakesBlocks || snapshot.State == "error")
        {
            throw Invalid("INVALID_SNAPSHOT_ID", $"The snapshot {id} is not pending.");
        }

        if (snapshot.CompletesAt is null)
        {
            var count = int.Parse(header("x-amz-changedblockscount") ?? throw Invalid("INVALID_PARAMETER_VALUE", "ChangedBlocksCount is required."), CultureInfo.InvariantCulture);
            var sum = Convert.ToBase64String(SHA256.HashData([.. snapshot.Put.Values.SelectMany(hash => hash)]));
            if (header("x-amz-checksum") is { } given && (header("x-amz-checksum-algorithm") != "SHA256" || header("x-amz-checksum-aggregation-method") != "LINEAR" || given != sum))
            {
                snapshot.State = "error";
                throw Invalid("INVALID_PARAMETER_VALUE", "The aggregated checksum does not match.");
            }

            if (count != snapshot.Put.Count)
            {
                snapshot.State = "error";
                throw Invalid("INVALID_PARAMETER_VALUE", $"The snapshot has {snapshot.Put.Count} changed blocks, not {count}.");
            }

            snapshot.CompletesAt = world.Now + world.Work;
        }

        return Json(202, new JsonObject { ["Status"] = snapshot.State });
    }

    private Reply List(string id, IReadOnlyDictionary<string, string> query)
    {
        var snapshot = Complete(Find(id));
        var (start, most) = Page(query);
        if (world.Faults.EmptyPages && !query.ContainsKey("pageToken"))
        {
            var nothing = Listing(snapshot, start);
            nothing["Blocks"] = new JsonArray();
            return Json(200, nothing);
        }

        var page = snapshot.Blocks.Keys.Where(index => index >= start).Order().Take(most + 1).ToList();
        var reply = Listing(snapshot, page.Count > most ? page[most] : null);
        reply["Blocks"] = new JsonArray([.. page.Take(most).Select(index => new JsonObject { ["BlockIndex"] = index, ["BlockToken"] = Token(snapshot, index) })]);
        return Json(200, reply);
    }

    private Reply Changed(string secondId, IReadOnlyDictionary<string, string> query)
    {
        var second = Complete(Find(secondId));
        var first = query.TryGetValue("firstSnapshotId", out var firstId) ? Complete(Find(firstId)) : null;
        if (first is not null && first.Lineage != second.Lineage)
        {
            throw Invalid("UNRELATED_SNAPSHOTS", $"The snapshots {firstId} and {secondId} are unrelated.");
        }

        var (start, most) = Page(query);
        if (world.Faults.EmptyPages && !query.ContainsKey("pageToken"))
        {
            // Where changes are scarce, the service may have looked through a part of the list only.
            var nothing = Listing(second, start);
            nothing["ChangedBlocks"] = new JsonArray();
            return Json(200, nothing);
        }

        var page = second.Blocks.Keys.Union(first?.Blocks.Keys.AsEnumerable() ?? []).Where(index => index >= start)
            .Where(index => !ReferenceEquals(first?.Blocks.GetValueOrDefault(index), second.Blocks.GetValueOrDefault(index))).Order().Take(most + 1).ToList();
        var reply = Listing(second, page.Count > most ? page[most] : null);
        reply["ChangedBlocks"] = new JsonArray([.. page.Take(most).Select(index =>
        {
            var block = new JsonObject { ["BlockIndex"] = index };
            if (first?.Blocks.ContainsKey(index) == true)
            {
                block["FirstBlockToken"] = Token(first, index);
            }

            if (second.Blocks.ContainsKey(index))
            {
                block["SecondBlockToken"] = Token(second, index);
            }

            return block;
        })]);
        return Json(200, reply);
    }

    private JsonObject Listing(Snapshot snapshot, int? next)
    {
        var reply = new JsonObject { ["VolumeSize"] = snapshot.SizeGib, ["BlockSize"] = World.BlockBytes, ["ExpiryTime"] = world.Now.AddDays(7).ToUnixTimeSeconds() };
        if (next is { } index)
        {
            reply["NextToken"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(index.ToString(CultureInfo.InvariantCulture)));
        }

        return reply;
    }

    private static (int Start, int Most) Page(IReadOnlyDictionary<string, string> query)
    {
        foreach (var name in query.Keys)
        {
            if (name is not ("maxResults" or "startingBlockIndex" or "pageToken" or "firstSnapshotId"))
            {
                throw Invalid("INVALID_PARAMETER_VALUE", $"Unknown parameter {name}");
            }
        }

        var most = query.TryGetValue("maxResults", out var text) ? Number(text) : 10000;
        if (most is < 100 or > 10000)
        {
            throw Invalid("INVALID_PARAMETER_VALUE", "maxResults is between 100 and 10000.");
        }

        return query.TryGetValue("pageToken", out var token)
            ? (Number(Encoding.ASCII.GetString(Convert.FromBase64String(token))), most)
            : (query.TryGetValue("startingBlockIndex", out var start) ? Number(start) : 0, most);
    }

    private Reply Get(string id, int index, IReadOnlyDictionary<string, string> query)
    {
        var snapshot = Complete(Find(id));
        if (!snapshot.Blocks.TryGetValue(index, out var block) || query.GetValueOrDefault("blockToken") != Token(snapshot, index))
        {
            throw Invalid("INVALID_BLOCK_TOKEN", $"The block token does not belong to block {index} of {id}, or has expired.");
        }

        var body = block;
        var checksum = Convert.ToBase64String(SHA256.HashData(block));
        if (world.Faults.Strikes(world.Faults.Corrupted))
        {
            body = [.. block];
            body[body.Length / 2] ^= 0x40;
        }

        return new Reply(200, new() { ["x-amz-Data-Length"] = "524288", ["x-amz-Checksum"] = checksum, ["x-amz-Checksum-Algorithm"] = "SHA256", ["content-type"] = "application/octet-stream" }, body);
    }

    private static string Token(Snapshot snapshot, int index) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes($"{snapshot.Id}/{index}/{snapshot.TokenSeed}")))[..40] + "+/=";

    private static Snapshot Complete(Snapshot snapshot) => snapshot.State == "completed"
        ? snapshot
        : throw Invalid("INVALID_SNAPSHOT_ID", $"The snapshot {snapshot.Id} is {snapshot.State}, not completed.");

    private Snapshot Find(string id) => World.Find(world.Snapshots, id, () => new Ec2Error(404, "ResourceNotFoundException", $"The snapshot '{id}' does not exist.", "SNAPSHOT_NOT_FOUND"));

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Invalid("INVALID_PARAMETER_VALUE", $"{text} is no number.");

    private static Ec2Error Invalid(string reason, string message) => new(400, "ValidationException", message, reason);

    internal static Reply Json(int status, JsonObject body) => new(status, new() { ["content-type"] = "application/json" }, JsonSerializer.SerializeToUtf8Bytes(body));
}
