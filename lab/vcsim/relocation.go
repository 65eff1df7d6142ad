// What vcsim lacks of relocations: a task that takes its time, tells how far it is and can be called off; files and disks that really go to
// another datastore; the provisioning checker; and moves to another vCenter, to which this one logs in by itself as a real one does.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

type relocations struct {
	self *url.URL // this server, with its account

	lock      sync.Mutex
	takes     time.Duration
	idle      bool   // tasks say that they have done it and do nothing
	verdict   string // what the checker has against it
	cancelled map[string]bool
}

type relocateCall struct {
	Body struct {
		Relocate types.RelocateVMRequestType `xml:"RelocateVM_Task"`
	} `xml:"Body"`
}

func (r *relocations) order(query url.Values) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.takes, _ = time.ParseDuration(query.Get("takes"))
	r.idle = query.Get("idle") != ""
	r.verdict = query.Get("verdict")
}

// check answers CheckRelocate_Task.
func (r *relocations) check(w http.ResponseWriter, vm types.ManagedObjectReference) {
	r.lock.Lock()
	verdict := r.verdict
	r.lock.Unlock()
	task := simulator.CreateTask(vm, "checkRelocateTask", func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		result := types.CheckResult{Vm: &vm}
		if verdict != "" {
			result.Error = []types.LocalizedMethodFault{{Fault: &types.CpuIncompatible{}, LocalizedMessage: verdict}}
		}
		return types.ArrayOfCheckResult{CheckResult: []types.CheckResult{result}}, nil
	})
	replyTask(w, "CheckRelocate_Task", task.Run())
}

func replyTask(w http.ResponseWriter, method string, task types.ManagedObjectReference) {
	soapReply(w, http.StatusOK, fmt.Sprintf(`<%sResponse xmlns="urn:vim25"><returnval type="Task">%s</returnval></%sResponse>`, method, task.Value, method))
}

// cancel is true where the task is one of ours.
func (r *relocations) cancel(w http.ResponseWriter, task string) bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	if _, ok := r.cancelled[task]; !ok {
		return false
	}
	r.cancelled[task] = true
	soapReply(w, http.StatusOK, `<CancelTaskResponse xmlns="urn:vim25"></CancelTaskResponse>`)
	return true
}

func (r *relocations) start(w http.ResponseWriter, body string, ref types.ManagedObjectReference) {
	var call relocateCall
	decoder := xml.NewDecoder(strings.NewReader(body))
	decoder.TypeFunc = types.TypeFunc()
	vm, ok := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	if err := decoder.Decode(&call); err != nil || !ok {
		soapFault(w, "InvalidArgument", fmt.Sprint("spec: ", err), "<invalidProperty>spec</invalidProperty>")
		return
	}
	spec := call.Body.Relocate.Spec
	r.lock.Lock()
	takes, idle := r.takes, r.idle
	var task *simulator.Task
	task = simulator.CreateTask(vm, "relocateTask", func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		for at := 0; at < 20 && takes > 0; at++ {
			time.Sleep(takes / 20)
			r.lock.Lock()
			called := r.cancelled[task.Self.Value]
			r.lock.Unlock()
			if called {
				return nil, &types.RequestCanceled{}
			}
			percent := int32(at * 5)
			simulator.Map.WithLock(task, func() { simulator.Map.Update(task, []types.PropertyChange{{Name: "info.progress", Val: percent}}) })
		}
		if idle {
			return nil, nil
		}
		var err error
		if spec.Service != nil {
			err = r.cross(vm, spec)
		} else {
			err = r.near(vm, spec)
		}
		if err != nil {
			return nil, &types.GenericVmConfigFault{Reason: err.Error()}
		}
		return nil, nil
	})
	r.cancelled[task.Self.Value] = false
	r.lock.Unlock()
	simulator.Map.WithLock(vm, func() {
		simulator.Map.Update(vm, []types.PropertyChange{{Name: "recentTask", Val: []types.ManagedObjectReference{task.Self}}})
	})
	go task.Run()
	replyTask(w, "RelocateVM_Task", task.Self)
}

func storeFolder(ref types.ManagedObjectReference) (string, string) {
	store := simulator.Map.Get(ref).(*simulator.Datastore)
	return store.Name, store.Info.GetDatastoreInfo().Url
}

// near moves the files behind the VM and its disks, and changes where it is.
func (r *relocations) near(vm *simulator.VirtualMachine, spec types.VirtualMachineRelocateSpec) error {
	var failed error
	simulator.Map.WithLock(vm, func() {
		to := map[int32]types.ManagedObjectReference{}
		for _, disk := range disksOf(vm) {
			if spec.Datastore != nil {
				to[disk.Key] = *spec.Datastore
			}
		}
		for _, one := range spec.Disk {
			to[one.DiskId] = one.Datastore
		}
		stores := map[types.ManagedObjectReference]bool{}
		var devices []types.BaseVirtualDevice
		for _, device := range vm.Config.Hardware.Device {
			if disk, ok := device.(*types.VirtualDisk); ok {
				target, moves := to[disk.Key]
				backing := *disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
				if moves {
					name, folder := storeFolder(target)
					var at object.DatastorePath
					at.FromString(backing.FileName)
					old := fileOf(vm, backing.FileName)
					for _, file := range []string{old, strings.Replace(old, ".vmdk", "-flat.vmdk", 1)} {
						if err := rename(file, filepath.Join(folder, path.Dir(at.Path), filepath.Base(file))); err != nil {
							failed = err
						}
					}
					backing.FileName = fmt.Sprintf("[%s] %s", name, at.Path)
					backing.Datastore = &target
				}
				if backing.Datastore != nil {
					stores[*backing.Datastore] = true
				}
				next := *disk
				next.Backing = &backing
				device = &next
			}
			for _, change := range spec.DeviceChange {
				edited := change.GetVirtualDeviceConfigSpec().Device
				if edited.GetVirtualDevice().Key == device.GetVirtualDevice().Key {
					device = edited
				}
			}
			devices = append(devices, device)
		}
		changes := []types.PropertyChange{{Name: "config.hardware.device", Val: devices}}
		if spec.Datastore != nil {
			name, folder := storeFolder(*spec.Datastore)
			var at object.DatastorePath
			at.FromString(vm.Config.Files.VmPathName)
			if at.Datastore != name {
				from := path.Dir(fileOf(vm, vm.Config.Files.VmPathName))
				entries, _ := os.ReadDir(from)
				for _, entry := range entries {
					if !strings.HasSuffix(entry.Name(), ".vmdk") {
						_ = rename(filepath.Join(from, entry.Name()), filepath.Join(folder, path.Dir(at.Path), entry.Name()))
					}
				}
				changes = append(changes, types.PropertyChange{Name: "config.files.vmPathName", Val: fmt.Sprintf("[%s] %s", name, at.Path)})
			}
			stores[*spec.Datastore] = true
		}
		if len(stores) > 0 {
			var all []types.ManagedObjectReference
			for store := range stores {
				all = append(all, store)
			}
			changes = append(changes, types.PropertyChange{Name: "datastore", Val: all})
		}
		if spec.Host != nil {
			changes = append(changes, types.PropertyChange{Name: "runtime.host", Val: spec.Host}, types.PropertyChange{Name: "summary.runtime.host", Val: spec.Host})
		}
		if spec.Pool != nil {
			changes = append(changes, types.PropertyChange{Name: "resourcePool", Val: spec.Pool})
		}
		simulator.Map.Update(vm, changes)
	})
	if failed == nil && spec.Folder != nil {
		client, err := govmomi.NewClient(context.Background(), r.self, true)
		if err != nil {
			return err
		}
		task, err := object.NewFolder(client.Client, *spec.Folder).MoveInto(context.Background(), []types.ManagedObjectReference{vm.Self})
		if err != nil {
			return err
		}
		return task.Wait(context.Background())
	}
	return failed
}

func rename(from, to string) error {
	if from == to {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0700); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// cross makes the VM in the other vCenter with its disks, which is entered as the locator says, and takes it out of this one.
func (r *relocations) cross(vm *simulator.VirtualMachine, spec types.VirtualMachineRelocateSpec) error {
	ctx := context.Background()
	credential, ok := spec.Service.Credential.(*types.ServiceLocatorNamePassword)
	if !ok || spec.Folder == nil || spec.Pool == nil || spec.Datastore == nil {
		return fmt.Errorf("a move to another vCenter needs credential, folder, pool and datastore")
	}
	address, err := url.Parse(spec.Service.Url + "/sdk")
	if err != nil {
		return err
	}
	transport := soap.NewClient(address, false)
	transport.SetThumbprint(address.Host, spec.Service.SslThumbprint)
	far, err := vim25.NewClient(ctx, transport)
	if err != nil {
		return fmt.Errorf("the other vCenter's certificate or address: %v", err)
	}
	if far.ServiceContent.About.InstanceUuid != spec.Service.InstanceUuid {
		return fmt.Errorf("the other vCenter has another instance UUID")
	}
	sessions := session.NewManager(far)
	if err := sessions.Login(ctx, url.UserPassword(credential.Username, credential.Password)); err != nil {
		return err
	}
	defer func() { _ = sessions.Logout(ctx) }()

	var store mo.Datastore
	if err := property.DefaultCollector(far).RetrieveOne(ctx, *spec.Datastore, []string{"name", "info"}, &store); err != nil {
		return err
	}
	folder := store.Info.GetDatastoreInfo().Url
	running := vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn
	near, err := govmomi.NewClient(ctx, r.self, true)
	if err != nil {
		return err
	}
	here := object.NewVirtualMachine(near.Client, vm.Self)
	if running {
		task, err := here.PowerOff(ctx)
		if err != nil {
			return err
		}
		if err := task.Wait(ctx); err != nil {
			return err
		}
	}

	var home object.DatastorePath
	home.FromString(vm.Config.Files.VmPathName)
	config := types.VirtualMachineConfigSpec{
		Name: vm.Config.Name, Uuid: vm.Config.Uuid, InstanceUuid: vm.Config.InstanceUuid, GuestId: vm.Config.GuestId, Firmware: vm.Config.Firmware,
		NumCPUs: vm.Config.Hardware.NumCPU, MemoryMB: int64(vm.Config.Hardware.MemoryMB), ExtraConfig: vm.Config.ExtraConfig,
		ChangeTrackingEnabled: vm.Config.ChangeTrackingEnabled,
		Files:                 &types.VirtualMachineFileInfo{VmPathName: fmt.Sprintf("[%s] %s", store.Name, home.Path)},
	}
	for _, device := range vm.Config.Hardware.Device {
		switch one := device.(type) {
		case *types.VirtualDisk:
			backing := *one.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
			var at object.DatastorePath
			at.FromString(backing.FileName)
			old := fileOf(vm, backing.FileName)
			for _, file := range []string{old, strings.Replace(old, ".vmdk", "-flat.vmdk", 1)} {
				if err := copyFile(file, filepath.Join(folder, path.Dir(at.Path), filepath.Base(file))); err != nil {
					return err
				}
			}
			backing.FileName, backing.Datastore = fmt.Sprintf("[%s] %s", store.Name, at.Path), spec.Datastore
			next := *one
			next.Backing = &backing
			device = &next
		case *types.VirtualSerialPort:
			var at object.DatastorePath
			if backing, ok := one.Backing.(*types.VirtualSerialPortFileBackingInfo); ok && at.FromString(backing.FileName) {
				moved, next := *backing, *one
				moved.FileName, moved.Datastore = fmt.Sprintf("[%s] %s", store.Name, at.Path), nil
				next.Backing = &moved
				device = &next
			}
		case types.BaseVirtualEthernetCard, *types.ParaVirtualSCSIController, *types.VirtualLsiLogicController, *types.VirtualLsiLogicSASController, *types.VirtualAHCIController:
		default:
			continue
		}
		for _, change := range spec.DeviceChange {
			edited := change.GetVirtualDeviceConfigSpec().Device
			if edited.GetVirtualDevice().Key == device.GetVirtualDevice().Key {
				device = edited
			}
		}
		config.DeviceChange = append(config.DeviceChange, &types.VirtualDeviceConfigSpec{Operation: types.VirtualDeviceConfigSpecOperationAdd, Device: device})
	}
	var host *object.HostSystem
	if spec.Host != nil {
		host = object.NewHostSystem(far, *spec.Host)
	}
	task, err := object.NewFolder(far, *spec.Folder).CreateVM(ctx, config, object.NewResourcePool(far, *spec.Pool), host)
	if err != nil {
		return err
	}
	made, err := task.WaitForResult(ctx, nil)
	if err != nil {
		return err
	}
	there := object.NewVirtualMachine(far, made.Result.(types.ManagedObjectReference))
	if running {
		if task, err = there.PowerOn(ctx); err == nil {
			err = task.Wait(ctx)
		}
		if err != nil {
			return err
		}
	}
	old := path.Dir(fileOf(vm, vm.Config.Files.VmPathName))
	if err := here.Unregister(ctx); err != nil {
		return err
	}
	return os.RemoveAll(old)
}

func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0700); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
