// cilium/ebpf: a map, a program, a ring buffer's reader, many goroutines.
package main

import (
	"fmt"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/ringbuf"
)

func check(what string, err error) {
	if err != nil {
		fmt.Println(what, err)
	}
}

func main() {
	hash, err := ebpf.NewMap(&ebpf.MapSpec{Name: "go", Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: 1000})
	check("map", err)
	var all sync.WaitGroup
	for i := uint32(0); i < 100; i++ {
		all.Add(1)
		go func(i uint32) {
			check("put", hash.Put(i, uint64(i)*2))
			all.Done()
		}(i)
	}
	all.Wait()
	var value uint64
	check("get", hash.Lookup(uint32(77), &value))
	count := 0
	var key uint32
	for it := hash.Iterate(); it.Next(&key, &value); {
		count++
	}
	fmt.Println("elements", count)

	ring, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: 4096})
	check("ring", err)
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{
			asm.StoreImm(asm.RFP, -8, 42, asm.DWord),
			asm.LoadMapPtr(asm.R1, ring.FD()),
			asm.Mov.Reg(asm.R2, asm.RFP),
			asm.Add.Imm(asm.R2, -8),
			asm.Mov.Imm(asm.R3, 8),
			asm.Mov.Imm(asm.R4, 0),
			asm.FnRingbufOutput.Call(),
			asm.Mov.Imm(asm.R0, 7),
			asm.Return(),
		},
	})
	check("program", err)
	reader, err := ringbuf.NewReader(ring)
	check("reader", err)
	ret, _, err := prog.Test(make([]byte, 64))
	check("test", err)
	fmt.Println("returned", ret)
	record, err := reader.Read()
	check("read", err)
	fmt.Println("record", record.RawSample)
	check("close", reader.Close())
}
