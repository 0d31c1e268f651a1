package io.winnow.decoder.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.access.FairQueue.Limits;
import io.winnow.decoder.access.FairQueue.Offer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Invariants over random histories of offers, releases and cancellations. */
final class FairQueueProperties {

  private static final List<String> KEYS = List.of("a", "b", "c", "d");

  enum Verb {
    OFFER,
    RELEASE,
    CANCEL
  }

  record Step(Verb verb, int key, int pick) {}

  @Provide
  Arbitrary<Limits> limits() {
    Arbitrary<Integer> small = Arbitraries.integers().between(1, 5);
    return Combinators.combine(small, small, Arbitraries.integers().between(0, 4)).as(Limits::new);
  }

  @Provide
  Arbitrary<List<Step>> history() {
    Arbitrary<Verb> verbs = Arbitraries.of(Verb.OFFER, Verb.OFFER, Verb.RELEASE, Verb.CANCEL);
    return Combinators.combine(
            verbs,
            Arbitraries.integers().between(0, KEYS.size() - 1),
            Arbitraries.integers().between(0, 99))
        .as(Step::new)
        .list()
        .ofMaxSize(200);
  }

  @Property(tries = 500, seed = "20261121")
  void boundsHoldAndNobodyWaitsWithoutReason(
      @ForAll("limits") Limits limits, @ForAll("history") List<Step> history) {
    Model model = new Model(limits);
    for (Step step : history) {
      model.apply(step);

      model.check();
    }
  }

  @Property(tries = 500, seed = "20261121")
  void everyoneInLineRunsInTheEnd(
      @ForAll("limits") Limits limits, @ForAll("history") List<Step> history) {
    Model model = new Model(limits);
    history.forEach(model::apply);

    model.drain();

    assertThat(model.queue.running()).isZero();
    assertThat(model.queue.waiting()).isZero();
  }

  /** A key that waits and may run is served before any other key is served twice. */
  @Property(tries = 500, seed = "20261121")
  void noKeyStarves(@ForAll("history") List<Step> history) {
    Model model = new Model(new Limits(2, 2, 50));
    Map<String, Integer> passedOver = new HashMap<>();
    for (Step step : history) {
      List<String> before = model.waitingKeys();
      Optional<String> served = model.apply(step);
      served.ifPresent(
          key -> {
            before.forEach(waiting -> passedOver.merge(waiting, 1, Integer::sum));
            passedOver.put(key, 0);
          });
      passedOver.keySet().retainAll(model.waitingKeys());

      assertThat(passedOver.values()).allMatch(times -> times < KEYS.size());
    }
  }

  /** The queue, and beside it who is where. */
  private static final class Model {
    private final FairQueue<Integer> queue;
    private final Limits limits;
    private final Map<String, List<Integer>> waiting = new HashMap<>();
    private final Map<String, Integer> running = new HashMap<>();
    private final Map<Integer, String> owner = new HashMap<>();
    private int next;

    Model(Limits limits) {
      this.limits = limits;
      this.queue = new FairQueue<>(limits);
      KEYS.forEach(key -> waiting.put(key, new ArrayList<>()));
    }

    /** Returns the key that was served out of its line, if any. */
    Optional<String> apply(Step step) {
      String key = KEYS.get(step.key);
      return switch (step.verb) {
        case OFFER -> {
          offer(key);
          yield Optional.empty();
        }
        case RELEASE -> running.getOrDefault(key, 0) == 0 ? Optional.empty() : release(key);
        case CANCEL -> {
          cancel(key, step.pick);
          yield Optional.empty();
        }
      };
    }

    private void offer(String key) {
      int item = next++;
      owner.put(item, key);
      Offer offer = queue.offer(key, item);
      if (offer == Offer.RUNS) {
        running.merge(key, 1, Integer::sum);
      } else if (offer == Offer.WAITS) {
        waiting.get(key).add(item);
      } else {
        assertThat(waiting.get(key)).hasSize(limits.waitingPerKey());
      }
    }

    private Optional<String> release(String key) {
      running.merge(key, -1, Integer::sum);
      return queue
          .release(key)
          .map(
              item -> {
                String served = owner.get(item);
                assertThat(waiting.get(served).remove(0)).isEqualTo(item); // first come
                running.merge(served, 1, Integer::sum);
                return served;
              });
    }

    private void cancel(String key, int pick) {
      List<Integer> line = waiting.get(key);
      if (!line.isEmpty()) {
        assertThat(queue.cancel(key, line.remove(pick % line.size()))).isTrue();
      }
    }

    void drain() {
      boolean any = true;
      while (any) {
        any = false;
        for (String key : KEYS) {
          if (running.getOrDefault(key, 0) > 0) {
            release(key);
            any = true;
          }
        }
      }
      assertThat(waitingKeys()).isEmpty();
    }

    List<String> waitingKeys() {
      return KEYS.stream().filter(key -> !waiting.get(key).isEmpty()).toList();
    }

    void check() {
      int total = running.values().stream().mapToInt(Integer::intValue).sum();
      assertThat(queue.running()).isEqualTo(total).isLessThanOrEqualTo(limits.running());
      assertThat(queue.waiting()).isEqualTo(waiting.values().stream().mapToInt(List::size).sum());
      for (String key : KEYS) {
        int own = running.getOrDefault(key, 0);
        assertThat(own).isBetween(0, limits.runningPerKey());
        assertThat(waiting.get(key)).hasSizeLessThanOrEqualTo(limits.waitingPerKey());
        if (!waiting.get(key).isEmpty()) {
          assertThat(total == limits.running() || own == limits.runningPerKey()).isTrue();
        }
      }
    }
  }
}
