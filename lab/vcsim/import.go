// What vcsim lacks of import leases: its own throws away what it is sent. Here a lease makes its VM at once and is ready a moment later, takes each disk as one
// stream-optimised VMDK that has to be right in every part, writes its grains to the disk's file, and takes the VM away again where it is not completed in time.
package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// A lease of which nothing is told for so long has run out; real ones last minutes.
const importTimeout = 3 * time.Second

type importCall struct {
	Body struct {
		Import types.ImportVApp `xml:"ImportVApp"`
	} `xml:"Body"`
}

type importing struct {
	vm       types.ManagedObjectReference
	told     time.Time
	received map[int]bool
}

// Counted over all imports, and ordered by the test.
type importOrders struct {
	grains    int
	bytes     int64
	lose      int  // leases that are gone when their stream has begun
	elsewhere bool // disks are put where the host likes
}

func (l *leases) client() (*govmomi.Client, error) {
	return govmomi.NewClient(context.Background(), l.account, true)
}

func (l *leases) importVApp(w http.ResponseWriter, body string, pool types.ManagedObjectReference, self, thumbprint string) {
	var call importCall
	decoder := xml.NewDecoder(strings.NewReader(body))
	decoder.TypeFunc = types.TypeFunc()
	if err := decoder.Decode(&call); err != nil {
		soapFault(w, "InvalidArgument", fmt.Sprint("spec: ", err), "<invalidProperty>spec</invalidProperty>")
		return
	}
	spec, ok := call.Body.Import.Spec.(*types.VirtualMachineImportSpec)
	if !ok || call.Body.Import.Folder == nil {
		soapFault(w, "InvalidArgument", "no VirtualMachineImportSpec, or no folder", "<invalidProperty>spec</invalidProperty>")
		return
	}
	config := spec.ConfigSpec
	l.lock.Lock()
	elsewhere := l.orders.elsewhere
	l.lock.Unlock()
	for _, change := range config.DeviceChange {
		one := change.GetVirtualDeviceConfigSpec()
		if disk, ok := one.Device.(*types.VirtualDisk); ok {
			if one.FileOperation != types.VirtualDeviceConfigSpecFileOperationCreate {
				soapFault(w, "InvalidDeviceSpec", "a disk that is imported is created", "<property>deviceChange.fileOperation</property>")
				return
			}
			if elsewhere {
				backing := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
				backing.FileName = backing.FileName[:strings.Index(backing.FileName, "]")+1]
			}
		}
	}
	if elsewhere {
		config.Files.VmPathName = config.Files.VmPathName[:strings.Index(config.Files.VmPathName, "]")+1]
	}
	ctx := context.Background()
	client, err := l.client()
	if err != nil {
		soapFault(w, "SystemError", err.Error(), "")
		return
	}
	var host *object.HostSystem
	if call.Body.Import.Host != nil {
		host = object.NewHostSystem(client.Client, *call.Body.Import.Host)
	}
	task, err := object.NewFolder(client.Client, *call.Body.Import.Folder).CreateVM(ctx, config, object.NewResourcePool(client.Client, pool), host)
	if err == nil {
		made, waited := task.WaitForResult(ctx, nil)
		if waited == nil {
			l.begin(w, made.Result.(types.ManagedObjectReference), self, thumbprint)
			return
		}
		err = waited
	}
	kind := "SystemError"
	if soap.IsSoapFault(err) {
		kind = strings.TrimPrefix(fmt.Sprintf("%T", soap.ToSoapFault(err).VimFault()), "types.")
	}
	soapFault(w, kind, err.Error(), "")
}

func (l *leases) begin(w http.ResponseWriter, ref types.ManagedObjectReference, self, thumbprint string) {
	vm := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	l.lock.Lock()
	defer l.lock.Unlock()
	l.next++
	id := fmt.Sprintf("labnfc-%d", l.next)
	info := &types.HttpNfcLeaseInfo{Lease: types.ManagedObjectReference{Type: "HttpNfcLease", Value: id}, Entity: ref, LeaseTimeout: int32(importTimeout / time.Second)}
	for n, disk := range disksOf(vm) {
		place := placeOf(vm, disk)
		info.DeviceUrl = append(info.DeviceUrl, types.HttpNfcLeaseDeviceUrl{
			Key: fmt.Sprintf("/%s/%s", ref.Value, place), ImportKey: fmt.Sprintf("/%s/%s", vm.Name, place),
			Url: fmt.Sprintf("%s/nfc/%s/disk-%d.vmdk", self, id, n), SslThumbprint: thumbprint, Disk: types.NewBool(true),
		})
		l.open[id] = append(l.open[id], nfcDisk{flatOf(vm, disk), disk.CapacityInBytes})
	}
	l.ofVM[ref.Value] = id
	l.imports[id] = &importing{ref, time.Now(), map[int]bool{}}
	one := &lease{mo.HttpNfcLease{Self: info.Lease, State: types.HttpNfcLeaseStateInitializing}}
	simulator.Map.Put(one)
	go l.watch(id, one, info)
	soapReply(w, http.StatusOK, fmt.Sprintf(`<ImportVAppResponse xmlns="urn:vim25"><returnval type="HttpNfcLease">%s</returnval></ImportVAppResponse>`, id))
}

// watch makes a lease ready and, where nobody tells of it, lets it run out.
func (l *leases) watch(id string, one *lease, info *types.HttpNfcLeaseInfo) {
	time.Sleep(100 * time.Millisecond)
	simulator.Map.WithLock(one, func() { one.Info, one.State = info, types.HttpNfcLeaseStateReady })
	for range time.Tick(200 * time.Millisecond) {
		l.lock.Lock()
		now, open := l.imports[id]
		late := open && time.Since(now.told) > importTimeout
		l.lock.Unlock()
		if !open {
			return
		}
		if late {
			l.end(id, "timeout")
			return
		}
	}
}

// end takes away a lease that was not completed, and what it has made.
func (l *leases) end(id, how string) {
	l.lock.Lock()
	one, open := l.imports[id]
	if open {
		l.forget(id, how)
	}
	l.lock.Unlock()
	if !open {
		return
	}
	client, err := l.client()
	if err != nil {
		return
	}
	if task, err := object.NewVirtualMachine(client.Client, one.vm).Destroy(context.Background()); err == nil {
		_ = task.Wait(context.Background())
	}
}

// take is an upload: a whole stream, or nothing of it.
func (l *leases) take(w http.ResponseWriter, r *http.Request, id string, n int) {
	l.lock.Lock()
	one, disks, cut := l.imports[id], l.open[id], l.cut > 0
	if one == nil || n >= len(disks) {
		l.lock.Unlock()
		http.NotFound(w, r)
		return
	}
	if cut {
		l.cut--
	}
	hold := l.hold > 0
	if hold {
		l.hold--
		// Whoever comes after the client is to find it.
		one.told = time.Now().Add(held)
	}
	lose := l.orders.lose > 0
	if lose {
		l.orders.lose--
	}
	l.lock.Unlock()
	if r.Header.Get("Content-Type") != "application/x-vnd.vmware-streamVmdk" {
		http.Error(w, "no streamVmdk", http.StatusUnsupportedMediaType)
		return
	}
	if lose {
		// The lease goes, and the host says nothing of it.
		l.end(id, "lost")
		<-r.Context().Done()
		return
	}
	from := io.Reader(r.Body)
	if cut || hold {
		from = io.LimitReader(r.Body, 128*512+40_000)
	}
	grains, sent, err := readStream(from, disks[n].file, disks[n].length)
	if hold {
		l.waits(r)
	}
	if cut || hold {
		hangUp(w, "")
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.lock.Lock()
	one.received[n] = true
	l.orders.grains += grains
	l.orders.bytes += sent
	l.lock.Unlock()
	w.WriteHeader(http.StatusCreated)
}

type counting struct {
	from io.Reader
	at   int64
}

func (c *counting) Read(into []byte) (int, error) {
	n, err := c.from.Read(into)
	c.at += int64(n)
	return n, err
}

// readStream writes the grains of a stream to a file and checks every part of it against the others.
func readStream(body io.Reader, file string, length int64) (int, int64, error) {
	from := &counting{from: body}
	le := binary.LittleEndian
	head := make([]byte, 128*512)
	if _, err := io.ReadFull(from, head); err != nil {
		return 0, 0, err
	}
	check := func(head []byte, directory uint64) error {
		if string(head[:4]) != "KDMV" || le.Uint32(head[4:]) != 3 || le.Uint32(head[8:]) != 0x30001 || le.Uint16(head[77:]) != 1 || string(head[73:77]) != "\n \r\n" {
			return fmt.Errorf("no stream-optimised header")
		}
		if int64(le.Uint64(head[12:]))*512 != length || le.Uint64(head[20:])*512 != grainBytes || le.Uint32(head[44:]) != 512 || le.Uint64(head[64:]) != 128 {
			return fmt.Errorf("the header tells of another disk than the lease")
		}
		if le.Uint64(head[56:]) != directory {
			return fmt.Errorf("the directory lies at %d and not at %d", directory, le.Uint64(head[56:]))
		}
		return nil
	}
	if err := check(head, 0xffffffffffffffff); err != nil {
		return 0, 0, err
	}
	if descriptor := string(bytes.TrimRight(head[512:512*21], "\x00")); !strings.Contains(descriptor, `createType="streamOptimized"`) ||
		!strings.Contains(descriptor, fmt.Sprintf("RDONLY %d SPARSE", length/512)) {
		return 0, 0, fmt.Errorf("the descriptor is another's: %s", descriptor)
	}
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return 0, 0, err
	}
	defer to.Close()
	if err := to.Truncate(length); err != nil {
		return 0, 0, err
	}
	grains, tables, directory := map[int64]uint32{}, map[uint32][]byte{}, []byte(nil)
	directoryAt, last, footer := uint64(0), int64(-1), false
	for {
		at := from.at / 512
		sector := make([]byte, 512)
		if _, err := io.ReadFull(from, sector); err != nil {
			return 0, 0, fmt.Errorf("it ends at sector %d without an end marker: %v", at, err)
		}
		value, size, kind := le.Uint64(sector), le.Uint32(sector[8:]), le.Uint32(sector[12:])
		if size > 0 {
			packed := append([]byte(nil), sector[12:]...)
			if more := int64(size) + 12 - 512; more > 0 {
				rest := make([]byte, (more+511)/512*512)
				if _, err := io.ReadFull(from, rest); err != nil {
					return 0, 0, err
				}
				packed = append(packed, rest...)
			}
			z, err := zlib.NewReader(bytes.NewReader(packed[:size]))
			if err != nil {
				return 0, 0, err
			}
			content, err := io.ReadAll(z)
			offset := int64(value) * 512
			if err != nil || len(content) != grainBytes || offset%grainBytes != 0 || offset <= last || offset >= length || footer || directory != nil {
				return 0, 0, fmt.Errorf("a grain of %d bytes at %d behind %d: %v", len(content), offset, last, err)
			}
			if bytes.Count(content, []byte{0}) == len(content) {
				return 0, 0, fmt.Errorf("the grain at %d is all zeroes", offset)
			}
			last = offset
			grains[offset/grainBytes] = uint32(at)
			if offset+int64(len(content)) > length {
				content = content[:length-offset]
			}
			if _, err := to.WriteAt(content, offset); err != nil {
				return 0, 0, err
			}
			continue
		}
		data := make([]byte, value*512)
		dataAt := uint32(from.at / 512)
		if _, err := io.ReadFull(from, data); err != nil {
			return 0, 0, err
		}
		switch kind {
		case 0:
			if !footer {
				return 0, 0, fmt.Errorf("it ends without a footer")
			}
			if n, _ := from.Read(make([]byte, 1)); n != 0 {
				return 0, 0, fmt.Errorf("something follows its end")
			}
			named := 0
			for table := int64(0); table*512*grainBytes < length; table++ {
				where := le.Uint32(directory[table*4:])
				if where == 0 {
					continue
				}
				for entry := int64(0); entry < 512; entry++ {
					if grain := le.Uint32(tables[where][entry*4:]); grain != 0 {
						if grains[table*512+entry] != grain {
							return 0, 0, fmt.Errorf("the table names sector %d for grain %d, which lies at %d", grain, table*512+entry, grains[table*512+entry])
						}
						named++
					}
				}
			}
			if named != len(grains) {
				return 0, 0, fmt.Errorf("%d grains came and the tables name %d", len(grains), named)
			}
			return named, from.at, nil
		case 1:
			if len(data) != 2048 {
				return 0, 0, fmt.Errorf("a table of %d bytes", len(data))
			}
			tables[dataAt] = data
		case 2:
			directory, directoryAt = data, uint64(dataAt)
		case 3:
			if err := check(data, directoryAt); err != nil {
				return 0, 0, err
			}
			footer = true
		default:
			return 0, 0, fmt.Errorf("a marker of kind %d", kind)
		}
	}
}

func placeOf(vm *simulator.VirtualMachine, disk *types.VirtualDisk) string {
	controller, bus := "", int32(0)
	for _, device := range vm.Config.Hardware.Device {
		if device.GetVirtualDevice().Key == disk.ControllerKey {
			controller = path.Ext(fmt.Sprintf("%T", device))[1:]
			if known, ok := device.(types.BaseVirtualController); ok {
				bus = known.GetVirtualController().BusNumber
			}
		}
	}
	return fmt.Sprintf("%s%d:%d", controller, bus, *disk.UnitNumber)
}

func (l *leases) order(query url.Values) {
	l.cut = number(query.Get("cut"))
	l.orders.lose = number(query.Get("lose"))
	l.orders.elsewhere = query.Get("elsewhere") != ""
	if query.Has("hold") {
		l.hold = number(query.Get("hold"))
	}
}
