// Command pods runs one pod of each service of a set on this machine, the way a kubelet would: the images' own files as
// a read-only root, the manifest's command line, variables, settings, volumes, user, memory limits and probes. What a
// manifest asks of an image that the image does not do shows here. It then asks a question, and stops the pods.
//
//	pods [--leave-at-once] SET.yaml IMAGES-FOLDER SECRETS-FOLDER WORK-FOLDER PICTURE QUESTION ANSWER
//
// With --leave-at-once a stop does not give clients the time to leave that the settings say, which is tried once.
// As root, in a network namespace of its own: unshare --net --mount pods ... Where the set has a Triton, which is not
// started here, services have to start and not to be ready: they get ready once there is one.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"winnow.io/k8s/check/manifests"
)

func main() {
	hurry := len(os.Args) > 1 && os.Args[1] == leaveAtOnce
	if hurry {
		os.Args = os.Args[1:]
	}
	if len(os.Args) != 8 {
		log.Fatal("usage: pods [" + leaveAtOnce + "] SET.yaml IMAGES-FOLDER SECRETS-FOLDER WORK-FOLDER PICTURE QUESTION ANSWER")
	}
	log.SetFlags(0)
	text, err := os.ReadFile(os.Args[1])
	check(err)
	set, err := manifests.Parse(filepath.Base(os.Args[1]), string(text))
	check(err)
	check(loopbackUp())
	node := node{hurry: hurry, set: set, images: os.Args[2], secrets: os.Args[3], work: os.Args[4]}
	if !run(node, os.Args[5], os.Args[6], os.Args[7]) {
		os.Exit(1)
	}
}

const leaveAtOnce = "--leave-at-once"

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type node struct {
	set                   *manifests.Set
	images, secrets, work string
	hurry                 bool
}

// The services of the set, those that others call first.
func (n node) services() []appsv1.Deployment {
	var found []appsv1.Deployment
	for _, name := range []string{"vision-encoder-svc", "pruner-svc", "decoder-svc"} {
		at := slices.IndexFunc(n.set.Deployments, func(d appsv1.Deployment) bool { return d.Name == name })
		if at < 0 {
			log.Fatalf("no %s in the set", name)
		}
		found = append(found, n.set.Deployments[at])
	}
	return found
}

func run(n node, picture, question, answer string) (ok bool) {
	var pods []*pod
	defer func() {
		// As an operator would: who is called goes last.
		slices.Reverse(pods)
		for _, p := range pods {
			ok = p.stop() && ok
		}
	}()
	for _, deployment := range n.services() {
		p, err := start(n, deployment)
		if p != nil {
			pods = append(pods, p)
		}
		if err != nil {
			log.Printf("FAILED: %s: %s", deployment.Name, err)
			return false
		}
		log.Printf("passed: %s %s, as the manifest starts it (%s)", deployment.Name, p.reached, p.took)
	}
	if !n.hasTriton() {
		said, err := ask(picture, question)
		if err != nil || said != answer {
			log.Printf("FAILED: %q was answered %q, not %q: %v", question, said, answer, err)
			return false
		}
		log.Printf("passed: the pods answer a question about a picture: %s", said)
	}
	for _, p := range pods {
		if line := p.logged("Unrecognized configuration key"); line != "" {
			log.Printf("FAILED: %s: %s", p.name, line)
			return false
		}
	}
	return true
}

func (n node) hasTriton() bool {
	return slices.ContainsFunc(n.set.Deployments, func(d appsv1.Deployment) bool { return d.Name == "triton" })
}

type pod struct {
	name      string
	reached   string
	took      time.Duration
	grace     time.Duration
	log       string
	container *process
}

// Init containers one after the other, then the container, until its probes say that it is ready.
func start(n node, deployment appsv1.Deployment) (*pod, error) {
	begin := time.Now()
	spec := deployment.Spec.Template.Spec
	folder := filepath.Join(n.work, deployment.Name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	volumes, err := n.volumes(folder, spec)
	if err != nil {
		return nil, err
	}
	for _, container := range spec.InitContainers {
		box, err := n.box(folder, container, spec, volumes)
		if err != nil {
			return nil, err
		}
		first, err := box.start()
		if err != nil {
			return nil, err
		}
		if err := first.wait(5 * time.Minute); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", container.Name, err, tail(box.log))
		}
	}
	container := spec.Containers[0]
	box, err := n.box(folder, container, spec, volumes)
	if err != nil {
		return nil, err
	}
	started, err := box.start()
	if err != nil {
		return nil, err
	}
	grace := time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second
	p := &pod{name: deployment.Name, grace: grace, log: box.log, container: started}
	for _, probe := range []*corev1.Probe{container.StartupProbe, container.LivenessProbe} {
		if err := p.await(container, probe); err != nil {
			return p, fmt.Errorf("%w\n%s", err, tail(p.log))
		}
	}
	p.reached = "gets ready from its image"
	if n.hasTriton() && deployment.Name != "pruner-svc" {
		p.reached = "starts from its image, and is not ready without Triton"
		if !p.awaitUnready(container) {
			return p, fmt.Errorf("it is ready without its Triton")
		}
	} else if err := p.await(container, container.ReadinessProbe); err != nil {
		return p, fmt.Errorf("%w\n%s", err, tail(p.log))
	}
	p.took = time.Since(begin).Round(time.Second)
	return p, nil
}

// A service finds out within seconds that there is no Triton.
func (p *pod) awaitUnready(container corev1.Container) bool {
	for range 30 {
		if probeOnce(container, container.ReadinessProbe) != nil && !p.container.ended() {
			return true
		}
		time.Sleep(time.Second)
	}
	return false
}

// Repeats the probe as often as the manifest allows.
func (p *pod) await(container corev1.Container, probe *corev1.Probe) error {
	period := time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
	var err error
	for range max(probe.FailureThreshold, 3) {
		if err = probeOnce(container, probe); err == nil {
			return nil
		}
		if p.container.ended() {
			return fmt.Errorf("it ended: %w", err)
		}
		time.Sleep(period)
	}
	return err
}

func (p *pod) stop() bool {
	begin := time.Now()
	if err := p.container.terminate(p.grace); err != nil {
		log.Printf("FAILED: %s does not stop in peace: %s\n%s", p.name, err, tail(p.log))
		return false
	}
	log.Printf("passed: %s stops when asked to (%s)", p.name, time.Since(begin).Round(time.Second))
	return true
}

func (p *pod) logged(wanted string) string {
	text, err := os.ReadFile(p.log)
	check(err)
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, wanted) {
			return line
		}
	}
	return ""
}

func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
