package io.winnow.e2e.drill;

import io.winnow.e2e.drill.Asked.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients of several kinds that ask one question after the other and check every answer. */
final class Load implements AutoCloseable {

  private final List<Asked> questions;
  private final Map<String, Caller> callers;
  private final List<Thread> clients = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> answered = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /**
   * Starts nothing yet.
   *
   * @param callers by what they are called in a complaint; closed with this
   */
  Load(List<Asked> questions, Map<String, Caller> callers) {
    this.questions = questions;
    this.callers = new TreeMap<>(callers);
  }

  void start() {
    callers.forEach(
        (name, caller) -> {
          answered.put(name, new AtomicInteger());
          int first = clients.size() * questions.size() / callers.size();
          Thread thread = new Thread(() -> askOn(name, caller, first), "drill-" + name);
          clients.add(thread);
          thread.start();
        });
  }

  private void askOn(String name, Caller caller, int first) {
    for (int next = first; !stopping; next = (next + 1) % questions.size()) {
      Asked asked = questions.get(next);
      try {
        String complaint = asked.complaint(caller.ask(asked));
        if (!complaint.isEmpty()) {
          faults.add(name + ": " + complaint);
        }
        answered.get(name).incrementAndGet();
      } catch (Exception e) { // whatever it is, a request was lost
        faults.add(name + ": " + e);
      }
    }
  }

  /** Of all clients. */
  int answered() {
    return answered.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  /** Of each client. */
  Map<String, AtomicInteger> answeredByClient() {
    return answered;
  }

  List<String> faults() {
    return List.copyOf(faults);
  }

  /** Lets every client end its question. */
  void stop() throws InterruptedException {
    stopping = true;
    for (Thread client : clients) {
      client.join();
    }
  }

  @Override
  public void close() {
    stopping = true;
    callers.values().forEach(Caller::close);
  }
}
