// Faults on order, for tests of what goes wrong between a vCenter and its clients.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// fault is what happens to the next calls of a method, or to the next requests for a datastore's files ("folder").
type fault struct {
	kind  string // fault:TYPE, task:TYPE, cut, close, slow:MILLISECONDS, status:CODE, half (the effect, and then no reply)
	times int
	after int // calls that pass before
}

type front struct {
	next    http.Handler
	tracker *tracker
	moves   *relocations
	leases  *leases
	self    string // this server's address without a path
	sha1    string // the thumbprint of its certificate, as leases tell it

	lock   sync.Mutex
	faults map[string]*fault
	calls  map[string]int
	denied []string

	// What every answer about properties says instead, for configurations that the simulator does not know.
	find *regexp.Regexp
	put  string
}

var methodForm = regexp.MustCompile(`<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)`)
var thisForm = regexp.MustCompile(`<(?:\w+:)?_this type="(\w+)"[^>]*>([^<]*)<`)

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/lab/fault":
		times, _ := strconv.Atoi(r.URL.Query().Get("times"))
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		f.lock.Lock()
		f.faults[r.URL.Query().Get("method")] = &fault{r.URL.Query().Get("kind"), times, after}
		f.lock.Unlock()
	case r.URL.Path == "/lab/reset":
		f.tracker.reset(types.ManagedObjectReference{Type: "VirtualMachine", Value: r.URL.Query().Get("vm")})
	case r.URL.Path == "/lab/alter":
		f.lock.Lock()
		f.find, f.put = nil, r.URL.Query().Get("put")
		if find := r.URL.Query().Get("find"); find != "" {
			f.find = regexp.MustCompile(find)
		}
		f.lock.Unlock()
	case r.URL.Path == "/lab/relocate":
		f.moves.order(r.URL.Query())
	case r.URL.Path == "/lab/set":
		query := r.URL.Query()
		one := simulator.Map.Get(types.ManagedObjectReference{Type: query.Get("type"), Value: query.Get("value")})
		var value types.AnyType = query.Get("text")
		if value == "true" || value == "false" {
			value = value == "true"
		}
		simulator.Map.WithLock(one, func() { simulator.Map.Update(one, []types.PropertyChange{{Name: query.Get("path"), Val: value}}) })
	case r.URL.Path == "/lab/deny":
		f.lock.Lock()
		f.denied = strings.Split(r.URL.Query().Get("privileges"), ",")
		f.lock.Unlock()
	case r.URL.Path == "/lab/calls":
		f.lock.Lock()
		fmt.Fprint(w, f.calls[r.URL.Query().Get("method")])
		f.lock.Unlock()
	case strings.HasPrefix(r.URL.Path, "/nfc/labnfc-"):
		f.leases.serve(w, r)
	case r.URL.Path == "/lab/leases":
		f.leases.lock.Lock()
		f.leases.order(r.URL.Query())
		fmt.Fprintf(w, "%d open, %d told, %d grains in %d bytes imported, %d held, %v", len(f.leases.open), f.leases.told, f.leases.orders.grains, f.leases.orders.bytes, f.leases.held, f.leases.ended)
		f.leases.lock.Unlock()
	case strings.HasPrefix(r.URL.Path, "/folder/"):
		if !f.strike(w, r, "folder", "") {
			f.next.ServeHTTP(w, r)
		}
	case r.URL.Path == "/sdk" && r.Method == http.MethodPost:
		f.call(w, r)
	default:
		f.next.ServeHTTP(w, r)
	}
}

func (f *front) call(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	body := string(raw)
	r.Body = io.NopCloser(bytes.NewReader(raw))
	found, this := methodForm.FindStringSubmatch(body), thisForm.FindStringSubmatch(body)
	if found == nil || this == nil {
		soapFault(w, "InvalidRequest", "no method or no object in it", "")
		return
	}
	method, ref := found[1], types.ManagedObjectReference{Type: this[1], Value: this[2]}
	f.lock.Lock()
	f.calls[method]++
	f.lock.Unlock()
	if f.strike(w, r, method, ref.Value) {
		return
	}
	forward := func() { f.next.ServeHTTP(w, r) }
	switch method {
	case "QueryChangedDiskAreas":
		f.tracker.query(w, body)
	case "CreateSnapshot_Task":
		f.tracker.snapshot(ref, forward)
	case "RemoveSnapshot_Task":
		f.tracker.removeSnapshot(ref, forward)
	case "ImportVApp":
		f.leases.importVApp(w, body, ref, f.self, f.sha1)
	case "UnregisterVM", "Destroy_Task", "PowerOnVM_Task":
		if f.leases.holds(ref.Value) {
			soapFault(w, "TaskInProgress", "The VM is being imported or exported", "")
			return
		}
		forward()
	case "ExportVm", "ExportSnapshot":
		f.leases.export(w, method, ref, f.self, f.sha1)
	case "HttpNfcLeaseProgress", "HttpNfcLeaseComplete", "HttpNfcLeaseAbort":
		if !f.leases.call(w, method, ref.Value) {
			forward()
		}
	case "RelocateVM_Task":
		f.moves.start(w, body, ref)
	case "CheckRelocate_Task":
		f.moves.check(w, types.ManagedObjectReference{Type: "VirtualMachine", Value: text(body, "vm")})
	case "CancelTask":
		if !f.moves.cancel(w, ref.Value) {
			forward()
		}
	case "ReconfigVM_Task", "MarkAsTemplate", "MarkAsVirtualMachine", "Rename_Task":
		forward()
		announce(ref)
	case "RetrievePropertiesEx", "ContinueRetrievePropertiesEx":
		f.lock.Lock()
		find, put := f.find, f.put
		f.lock.Unlock()
		if find == nil {
			forward()
			return
		}
		seen := httptest.NewRecorder()
		f.next.ServeHTTP(seen, r)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(seen.Code)
		_, _ = io.WriteString(w, find.ReplaceAllString(seen.Body.String(), put))
	case "HasPrivilegeOnEntities":
		// vcsim's account has all of them.
		seen := httptest.NewRecorder()
		f.next.ServeHTTP(seen, r)
		answer := seen.Body.String()
		f.lock.Lock()
		for _, privilege := range f.denied {
			answer = strings.ReplaceAll(answer, "<privId>"+privilege+"</privId><isGranted>true", "<privId>"+privilege+"</privId><isGranted>false")
		}
		f.lock.Unlock()
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(seen.Code)
		_, _ = io.WriteString(w, answer)
	default:
		forward()
	}
}

// announce tells those who wait for updates what the simulator changes without a word.
func announce(ref types.ManagedObjectReference) {
	vm, ok := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	if !ok {
		return
	}
	simulator.Map.WithLock(vm, func() {
		simulator.Map.Update(vm, []types.PropertyChange{
			{Name: "name", Val: vm.Name},
			{Name: "config.template", Val: vm.Config.Template},
			{Name: "config.extraConfig", Val: vm.Config.ExtraConfig},
			{Name: "config.hardware.device", Val: vm.Config.Hardware.Device},
		})
	})
}

// strike does what was ordered for this call. False: nothing was, or it only took longer.
func (f *front) strike(w http.ResponseWriter, r *http.Request, method, on string) bool {
	f.lock.Lock()
	ordered := f.faults[method]
	if ordered == nil || ordered.times == 0 {
		f.lock.Unlock()
		return false
	}
	if ordered.after > 0 {
		ordered.after--
		f.lock.Unlock()
		return false
	}
	ordered.times--
	kind := ordered.kind
	f.lock.Unlock()
	name, detail, _ := strings.Cut(kind, ":")
	switch name {
	case "fault":
		soapFault(w, detail, "ordered by the test", "")
	case "task":
		task := simulator.CreateTask(simulator.Map.Any("Folder"), method, func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
			return nil, methodFault(detail)
		})
		soapReply(w, http.StatusOK, fmt.Sprintf(`<%sResponse xmlns="urn:vim25"><returnval type="Task">%s</returnval></%sResponse>`, method, task.Run().Value, method))
	case "slow":
		milliseconds, _ := strconv.Atoi(detail)
		time.Sleep(time.Duration(milliseconds) * time.Millisecond)
		return false
	case "status":
		code, _ := strconv.Atoi(detail)
		w.WriteHeader(code)
	case "half":
		f.next.ServeHTTP(httptest.NewRecorder(), r)
		hangUp(w, "")
	case "cut":
		hangUp(w, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n<?xml version=\"1.0\"?><soapenv:Env")
	default:
		hangUp(w, "")
	}
	return true
}

func methodFault(name string) types.BaseMethodFault {
	switch name {
	case "TaskInProgress":
		return &types.TaskInProgress{}
	case "NoDiskSpace":
		return &types.NoDiskSpace{FileFault: types.FileFault{File: "[ds] full.vmdk"}, Datastore: "ds"}
	case "NoPermission":
		return &types.NoPermission{PrivilegeId: "VirtualMachine.Interact.PowerOn"}
	case "ApplicationQuiesceFault":
		return &types.ApplicationQuiesceFault{}
	default:
		return &types.GenericVmConfigFault{Reason: name}
	}
}

func hangUp(w http.ResponseWriter, words string) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_, _ = io.WriteString(connection, words)
		_ = connection.Close()
	}
}

func soapFault(w http.ResponseWriter, kind, words, detail string) {
	soapReply(w, http.StatusInternalServerError, fmt.Sprintf(
		`<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>%s</faultstring><detail><%sFault xmlns="urn:vim25" xsi:type="%s">%s</%sFault></detail></soapenv:Fault>`,
		words, kind, kind, detail, kind))
}

func soapReply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`, body)
}
