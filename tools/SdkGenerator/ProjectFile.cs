using System.Security;

namespace VmMigrate.SdkGenerator;

internal static class ProjectFile
{
    /// <summary>As official SDKs ask for it: the first version that has all that the generated code calls, below the next major one.</summary>
    private const string PulumiVersions = "[3.76.1.0,4)";

    internal static string Write(PackageSpec package) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">

          <PropertyGroup>
            <GeneratePackageOnBuild>true</GeneratePackageOnBuild>
            <Authors>{Xml(package.Publisher)}</Authors>
            <Company>{Xml(package.Publisher)}</Company>
            <Description>{Xml(package.Description)}</Description>
            <PackageLicenseExpression>{Xml(package.License)}</PackageLicenseExpression>
            <PackageReadmeFile>README.md</PackageReadmeFile>
            <Version>{Xml(package.Version)}</Version>

            <TargetFramework>net6.0</TargetFramework>
            <Nullable>enable</Nullable>
          </PropertyGroup>

          <PropertyGroup Condition="'$(Configuration)|$(Platform)'=='Debug|AnyCPU'">
            <GenerateDocumentationFile>true</GenerateDocumentationFile>
            <NoWarn>1701;1702;1591</NoWarn>
          </PropertyGroup>

          <PropertyGroup>
            <AllowedOutputExtensionsInPackageBuildOutputFolder>$(AllowedOutputExtensionsInPackageBuildOutputFolder);.pdb</AllowedOutputExtensionsInPackageBuildOutputFolder>
          </PropertyGroup>

          <PropertyGroup Condition="'$(GITHUB_ACTIONS)' == 'true'">
            <ContinuousIntegrationBuild>true</ContinuousIntegrationBuild>
          </PropertyGroup>

          <ItemGroup>
            <EmbeddedResource Include="version.txt" />
            <None Include="version.txt" Pack="True" PackagePath="content" />
          </ItemGroup>

          <ItemGroup>
            <EmbeddedResource Include="pulumi-plugin.json" />
            <None Include="pulumi-plugin.json" Pack="True" PackagePath="content" />
          </ItemGroup>

          <ItemGroup>
            <PackageReference Include="Pulumi" Version="{PulumiVersions}" />
          </ItemGroup>

          <ItemGroup>
            <None Include="README.md" Pack="True" PackagePath="" />
          </ItemGroup>

        </Project>

        """.ReplaceLineEndings("\n");

    private static string Xml(string text) => SecurityElement.Escape(text);
}
