package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"

	"winnow.io/k8s/check/manifests"
)

// box is a container that has not started: a root, what is mounted into it and what runs in it.
type box struct {
	root, log, folder string
	command, env      []string
	user              uint32
	memory            int64
}

// What an image says of itself; the part that matters here.
type image struct {
	Config struct {
		Env        []string
		Entrypoint []string
		Cmd        []string
		WorkingDir string
	} `json:"config"`
}

// Makes the pod's volumes, each a folder. Claims are shared by all pods, as they would be.
func (n node) volumes(folder string, spec corev1.PodSpec) (map[string]string, error) {
	paths := map[string]string{}
	for _, volume := range spec.Volumes {
		path := filepath.Join(folder, "volumes", volume.Name)
		if volume.PersistentVolumeClaim != nil {
			path = filepath.Join(n.work, "claims", volume.PersistentVolumeClaim.ClaimName)
		}
		if volume.Secret != nil {
			path = filepath.Join(n.secrets, volume.Secret.SecretName)
		}
		if err := os.MkdirAll(path, 0o755); err != nil {
			return nil, err
		}
		if volume.ConfigMap != nil {
			for name, text := range n.set.ConfigMaps[volume.ConfigMap.Name].Data {
				if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o644); err != nil {
					return nil, err
				}
			}
		} else if volume.Secret == nil {
			if err := os.Chmod(path, 0o777); err != nil {
				return nil, err
			}
		}
		paths[volume.Name] = path
	}
	return paths, nil
}

func (n node) box(folder string, container corev1.Container, spec corev1.PodSpec, volumes map[string]string) (*box, error) {
	root := filepath.Join(folder, container.Name)
	tars, err := filepath.Glob(filepath.Join(n.images, manifests.ImageName(container.Image)+"-"+runtime.GOARCH+".tar"))
	if err != nil || len(tars) == 0 {
		return nil, fmt.Errorf("no tar of %s in %s: mvn package -Pimages writes it (%v)", container.Image, n.images, err)
	}
	described, err := unpack(tars[0], root)
	if err != nil {
		return nil, err
	}
	if err := n.writeHosts(root); err != nil {
		return nil, err
	}
	if err := mount(root, container, volumes); err != nil {
		return nil, err
	}
	command := container.Command
	if len(command) == 0 {
		command = described.Config.Entrypoint
	}
	env := slices.Clone(described.Config.Env)
	for _, variable := range container.Env {
		value := variable.Value
		if n.hurry && variable.Name == "JAVA_TOOL_OPTIONS" {
			value += " -Dquarkus.shutdown.delay=1s"
		}
		env = append(env, variable.Name+"="+value)
	}
	return &box{
		root:    root,
		log:     root + ".log",
		folder:  described.Config.WorkingDir,
		command: slices.Concat(command, container.Args),
		env:     env,
		user:    uint32(*spec.SecurityContext.RunAsUser),
		memory:  container.Resources.Limits.Memory().Value(),
	}, nil
}

func unpack(tar, root string) (*image, error) {
	outer := root + ".image"
	for _, folder := range []string{outer, root} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
	}
	if err := command("tar", "-xf", tar, "-C", outer); err != nil {
		return nil, err
	}
	var list []struct {
		Config string
		Layers []string
	}
	if err := readJSON(filepath.Join(outer, "manifest.json"), &list); err != nil {
		return nil, err
	}
	for _, layer := range list[0].Layers {
		if err := command("tar", "-xzf", filepath.Join(outer, layer), "-C", root); err != nil {
			return nil, err
		}
	}
	var described image
	err := readJSON(filepath.Join(outer, list[0].Config), &described)
	return &described, errors.Join(err, os.RemoveAll(outer))
}

// A kubelet writes this file, too; here every service of the set is on loopback.
func (n node) writeHosts(root string) error {
	text := "127.0.0.1 localhost"
	for _, service := range n.set.Services {
		text += " " + service.Name
	}
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "etc/hosts"), []byte(text+"\n"), 0o644)
}

func mount(root string, container corev1.Container, volumes map[string]string) error {
	for _, at := range []string{"proc", "dev"} {
		if err := os.MkdirAll(filepath.Join(root, at), 0o755); err != nil {
			return err
		}
	}
	for _, m := range container.VolumeMounts {
		if err := os.MkdirAll(filepath.Join(root, m.MountPath), 0o755); err != nil {
			return err
		}
	}
	if err := syscall.Mount(root, root, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting needs root and a mount namespace (unshare --mount): %w", err)
	}
	if container.SecurityContext != nil && *container.SecurityContext.ReadOnlyRootFilesystem {
		if err := syscall.Mount("", root, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			return err
		}
	}
	for _, at := range []string{"proc", "dev"} {
		if err := syscall.Mount("/"+at, filepath.Join(root, at), "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
			return err
		}
	}
	for _, m := range container.VolumeMounts {
		target := filepath.Join(root, m.MountPath)
		if err := syscall.Mount(volumes[m.Name], target, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s: %w", m.MountPath, err)
		}
		if m.ReadOnly {
			if err := syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

type process struct {
	command *exec.Cmd
	done    chan error
	err     error
	over    bool
}

func (b *box) start() (*process, error) {
	out, err := os.Create(b.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	program, err := b.find(b.command[0])
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{Path: program, Args: b.command, Env: b.env, Dir: b.folder, Stdout: out, Stderr: out}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot:     b.root,
		Credential: &syscall.Credential{Uid: b.user, Gid: b.user},
		Pdeathsig:  syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	group := limitMemory(cmd.Process.Pid, b.memory)
	p := &process{command: cmd, done: make(chan error, 1)}
	go func() {
		err := cmd.Wait()
		os.Remove(group)
		p.done <- err
	}()
	return p, nil
}

// By the image's PATH, as a runtime looks.
func (b *box) find(name string) (string, error) {
	for _, variable := range b.env {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			for _, folder := range filepath.SplitList(path) {
				if _, err := os.Stat(filepath.Join(b.root, folder, name)); err == nil {
					return filepath.Join(folder, name), nil
				}
			}
		}
	}
	return "", fmt.Errorf("the image has no %s on its PATH", name)
}

func (p *process) wait(limit time.Duration) error {
	if p.over {
		return p.err
	}
	select {
	case p.err = <-p.done:
		p.over = true
		return p.err
	case <-time.After(limit):
		return fmt.Errorf("it still runs after %s", limit)
	}
}

func (p *process) ended() bool {
	select {
	case p.err = <-p.done:
		p.over = true
	default:
	}
	return p.over
}

func (p *process) terminate(grace time.Duration) error {
	if p.ended() {
		return fmt.Errorf("it has ended by itself: %v", p.err)
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := p.wait(min(grace, 2*time.Minute)) // nothing is under way, but clients have time to leave
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 128+int(syscall.SIGTERM) {
		return nil // how a JVM says that it was asked to
	}
	return err
}

// The manifest's limit, by this machine's control groups, where they can be written to.
func limitMemory(pid int, bytes int64) (group string) {
	for _, at := range [][2]string{{"/sys/fs/cgroup", "memory.max"}, {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}} {
		group = filepath.Join(at[0], fmt.Sprintf("winnow-pods-%d", pid))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		if overwrite(filepath.Join(group, at[1]), bytes) == nil && overwrite(filepath.Join(group, "cgroup.procs"), int64(pid)) == nil {
			return group
		}
		os.Remove(group)
	}
	log.Print("left out: memory limits, since this machine's control groups cannot be written to")
	return ""
}

// Of an existing file only: where the first version of control groups is mounted, the folder of the second is an ordinary one.
func overwrite(file string, value int64) error {
	opened, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(opened, value)
	return errors.Join(err, opened.Close())
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
