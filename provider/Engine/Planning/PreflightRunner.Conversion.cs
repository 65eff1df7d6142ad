using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

// Whether the guest needs to be fitted to its new platform, and can be.
public static partial class PreflightRunner
{
    private static IEnumerable<Finding> Converting(Run run, Plan plan)
    {
        if (!plan.Steps.Any(step => step is DefineTarget) || run.To.ConversionFrom(run.From.Platform) is not { } tool)
        {
            yield break;
        }

        var needed = tool.WhyNeeded(run.Vm);
        if (run.Spec.Conversion != Conversion.Never && !tool.IsInstalled && (needed is not null || run.Spec.Conversion == Conversion.Required))
        {
            yield return new Finding(
                "guest.conversion", run.Spec.Conversion == Conversion.Required ? Severity.Error : Severity.Warning, PropertyPath.Of("conversion"),
                $"The guest of {run.Name} is to be converted for \"{run.To.Name}\"{(needed is null ? "" : $" ({needed})")}, and {tool.Program} is not installed on this machine ({tool.Package}). Install it, or set conversion to Never and put the drivers into the guest before.");
        }
        else if (run.Spec.Conversion == Conversion.Never && needed is not null)
        {
            yield return Finding.Warning(
                "guest.conversion", PropertyPath.Of("conversion"),
                $"The guest of {run.Name} may not start at \"{run.To.Name}\" as it is: {needed}. "
                + $"Set conversion to Auto ({tool.Program} is {(tool.IsInstalled ? "" : $"not yet installed: {tool.Package}; it is ")}the tool for it), or see that the guest has the drivers.");
        }

        if (plan.Steps.Any(step => step is ConvertGuest) && run.Spec.Rollback == RollbackChanges.BringBack && run.Spec.Goal != MigrationGoal.Committed)
        {
            yield return Finding.Error(
                "rollback.converted", PropertyPath.Of("rollback.changes"),
                $"The guest of {run.Name} is converted for \"{run.To.Name}\" ({tool.Does}), so what it writes there cannot be brought back to where it is not. Set rollback.changes to Discard, conversion to Never, or goal to Committed.");
        }
    }
}
