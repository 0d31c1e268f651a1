package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"
	"unsafe"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
	corev1 "k8s.io/api/core/v1"
)

// A new network namespace has a loopback that is down.
func loopbackUp() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	var request struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], "lo")
	request.flags = syscall.IFF_UP
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("cannot bring loopback up, which needs a network namespace of its own (unshare --net): %w", errno)
	}
	return nil
}

func probeOnce(container corev1.Container, probe *corev1.Probe) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(max(probe.TimeoutSeconds, 1))*time.Second)
	defer cancel()
	if probe.GRPC != nil {
		return probeGRPC(ctx, probe.GRPC.Port)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d%s", portOf(container, probe.HTTPGet.Port.String()), probe.HTTPGet.Path)
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return fmt.Errorf("%s says %s", url, response.Status)
	}
	return nil
}

func probeGRPC(ctx context.Context, port int32) error {
	connection, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	answer, err := health.NewHealthClient(connection).Check(ctx, &health.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.Status != health.HealthCheckResponse_SERVING {
		return fmt.Errorf("its health is %s", answer.Status)
	}
	return nil
}

func portOf(container corev1.Container, wanted string) int32 {
	for _, port := range container.Ports {
		if port.Name == wanted || fmt.Sprint(port.ContainerPort) == wanted {
			return port.ContainerPort
		}
	}
	return 0
}

// Asks as a client of the OpenAI API does.
func ask(picture, question string) (string, error) {
	file, err := os.ReadFile(picture)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{
		"model": "demo", "temperature": 0,
		"messages": []any{map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "image_url", "image_url": map[string]any{"url": "data:image/png;base64," + base64.StdEncoding.EncodeToString(file)}},
			map[string]any{"type": "text", "text": question},
		}}},
	})
	if err != nil {
		return "", err
	}
	client := &http.Client{Timeout: time.Minute}
	response, err := client.Post("http://127.0.0.1:8080/v1/chat/completions", "application/json", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s %s %w", response.Status, text, err)
	}
	var answer struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Choices) == 0 {
		return "", fmt.Errorf("no answer: %s", text)
	}
	return answer.Choices[0].Message.Content, nil
}
