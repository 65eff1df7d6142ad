terraform {
  required_providers {
    vmmigrate = {
      source = "vmmigrate.local/vmmigrate/vmmigrate"
    }
  }
}

variable "kvm" {
  description = "The libvirt host that the VM is on."
  type        = string
  default     = "qemu+ssh://kvm1/system"
}

variable "region" {
  description = "Where the instance runs."
  type        = string
  default     = "eu-central-1"
}

variable "image" {
  description = "An arm64 image with PostgreSQL."
  type        = string
  default     = "ami-0123456789abcdef0"
}

variable "subnet" {
  description = "The subnet of the instance."
  type        = string
  default     = "subnet-0123456789abcdef0"
}

variable "hook_key" {
  description = "The private key of the key pair ops."
  type        = string
  sensitive   = true
}

provider "vmmigrate" {
  sites = {
    kvm1  = { libvirt = { uri = var.kvm } }
    cloud = { aws = { region = var.region } }
  }
  ssh_keys = { ops = var.hook_key }
}

resource "vmmigrate_migration" "db-01" {
  vm = {
    site = "kvm1"
    name = "db-01"
  }
  target = {
    site         = "cloud"
    storage_pool = "gp3"
    networks     = { default = var.subnet }
    aws = {
      instance_type = "m7g.large"
      key_pair      = "ops"
    }
  }
  replatform = {
    image = var.image
    data_disks = [
      { disk = "vdb", device = "/dev/sdf" },
      { disk = "vdc", device = "/dev/sdg" },
    ]
    hooks = [
      { user = "admin", key = "ops", command = "sudo mount -L pgdata /var/lib/postgresql" },
      { user = "admin", key = "ops", command = "sudo systemctl enable --now postgresql", timeout = "10m" },
    ]
  }
  mode = "Warm"
  goal = "CutOver"
  verify = {
    probes = [{ tcp = { port = 5432 }, timeout = "10m" }]
  }
  waive = [
    { code = "replatform.leaves", reason = "The image brings PostgreSQL and its users.", until = "2027-06-30" },
    { code = "verify.ssh", reason = "The new instance makes its host key at its first start, in a subnet of ours.", until = "2027-06-30" },
  ]
}

output "placement" {
  value = vmmigrate_migration.db-01.placement
}

output "proof" {
  value = vmmigrate_migration.db-01.proof
}
