using System.Text.RegularExpressions;

namespace VmMigrate.TestEc2;

// Launch templates: names that are unique in an account and region, and ids that are never given again.
internal sealed partial class Ec2Actions
{
    private void AddTemplates()
    {
        _reads["DescribeLaunchTemplates"] = call =>
        {
            var names = call.List("LaunchTemplateName");
            var found = Select(world.Templates, call, "LaunchTemplateId", NoTemplate, new() { ["launch-template-name"] = t => [t.TemplateName] });
            foreach (var name in names.Where(name => !found.Exists(template => template.TemplateName == name)))
            {
                throw new Ec2Error(400, "InvalidLaunchTemplateName.NotFoundException", $"The specified launch template, with template name {name}, does not exist.");
            }

            return [Set("launchTemplates", found.Where(template => names.Count == 0 || names.Contains(template.TemplateName)), TemplateOf)];
        };
        _writes["CreateLaunchTemplate"] = call =>
        {
            var name = call.Need("LaunchTemplateName");
            var token = call.Text("ClientToken");
            var tags = call.TagSpecifications("launch-template").GetValueOrDefault("launch-template") ?? [];
            if (call.Text("VersionDescription") is { Length: > 255 })
            {
                throw new Ec2Error(400, "InvalidParameterValue", "The version description has more than 255 characters.");
            }

            if (!call.Any("LaunchTemplateData"))
            {
                throw Ec2Error.Missing("LaunchTemplateData");
            }

            if (call.Text("LaunchTemplateData.InstanceInitiatedShutdownBehavior") is not (null or "stop" or "terminate"))
            {
                throw new Ec2Error(400, "InvalidParameterValue", "The shutdown behavior is stop or terminate.");
            }

            call.Done();
            if (!TemplateName().IsMatch(name))
            {
                throw new Ec2Error(400, "InvalidLaunchTemplateName.MalformedException", "A launch template name has 3 to 128 of the characters a-z, A-Z, 0-9 and ().-/_");
            }

            if (token is not null && world.Templates.Find(template => template.ClientToken == token) is { } made)
            {
                return made.TemplateName == name
                    ? [E("launchTemplate", [.. TemplateOf(made)])]
                    : throw new Ec2Error(400, "IdempotentParameterMismatch", "The client token was used with other parameters.");
            }

            if (world.Templates.Exists(template => template.TemplateName == name))
            {
                throw new Ec2Error(400, "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
            }

            return [E("launchTemplate", [.. TemplateOf(world.Add(world.Templates, new LaunchTemplate { Id = world.NewId("lt"), Made = world.Now, TemplateName = name, ClientToken = token, Tags = tags }))])];
        };
        _writes["DeleteLaunchTemplate"] = call =>
        {
            var (id, name) = (call.Text("LaunchTemplateId"), call.Text("LaunchTemplateName"));
            call.Done();
            if (id is null == name is null)
            {
                throw new Ec2Error(400, "InvalidParameterCombination", "Give the template's id or its name, and not both.");
            }

            var template = id is not null
                ? World.Find(world.Templates, id, () => NoTemplate(id))
                : world.Templates.Find(one => one.TemplateName == name) ?? throw new Ec2Error(400, "InvalidLaunchTemplateName.NotFoundException", $"The specified launch template, with template name {name}, does not exist.");
            world.Templates.Remove(template);
            return [E("launchTemplate", [.. TemplateOf(template)])];
        };
    }

    private static Ec2Error NoTemplate(string id) => new(400, "InvalidLaunchTemplateId.NotFound", $"The specified launch template, with template ID {id}, does not exist.");

    private static IEnumerable<object?> TemplateOf(LaunchTemplate template) =>
    [
        E("launchTemplateId", template.Id), E("launchTemplateName", template.TemplateName), E("createTime", At(template.Made)), E("createdBy", $"arn:aws:iam::{World.Owner}:user/mover"),
        E("defaultVersionNumber", 1), E("latestVersionNumber", 1), TagSet(template),
    ];

    [GeneratedRegex(@"^[a-zA-Z0-9().\-/_]{3,128}\z")]
    private static partial Regex TemplateName();
}
