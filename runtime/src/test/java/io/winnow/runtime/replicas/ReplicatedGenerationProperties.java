package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Replicas die at any moment; the caller sees what it would have seen without. */
class ReplicatedGenerationProperties {

  private static final int TURNS = 2000;

  @Property(tries = 500)
  void deathsAtAnyMomentChangeNothing(@ForAll("stories") Story story) {
    List<String> undisturbed = new Caller(story, 0).tell();
    List<String> disturbed = new Caller(story, story.deaths()).tell();

    assertThat(disturbed).isEqualTo(undisturbed);
    assertThat(undisturbed.get(undisturbed.size() - 1)).startsWith("finished");
  }

  @Property(tries = 200)
  void aGenerationThatLosesMoreThanItMayEndsOnceWithAReason(@ForAll("stories") Story story) {
    List<String> told = new Caller(story, 1000).tell();

    assertThat(told.get(told.size() - 1)).matches("finished.*|failed UNAVAILABLE");
    assertThat(told).filteredOn(event -> event.startsWith("f")).hasSize(1);
    List<String> undisturbed = new Caller(story, 0).tell();
    assertThat(undisturbed.subList(0, told.size() - 1)).isEqualTo(told.subList(0, told.size() - 1));
  }

  @Provide
  Arbitrary<Story> stories() {
    return Combinators.combine(
            Arbitraries.longs(),
            Arbitraries.integers().between(1, 20),
            Arbitraries.integers().between(1, 20),
            Arbitraries.integers().between(0, 3),
            Arbitraries.of(-1, 0, 1, 2, 3),
            Arbitraries.integers().between(1, 7))
        .as(Story::new);
  }

  /**
   * What happens.
   *
   * @param chance of the moments
   * @param endsAfter tokens before the end of the sequence
   * @param maxTokens of the answer
   * @param deaths of the replica at work
   * @param exitAt segment at whose end the caller exits, -1 for never
   * @param credit granted at a time
   */
  record Story(long chance, int endsAfter, int maxTokens, int deaths, int exitAt, int credit) {}

  /** Asks, answers, grants, and writes down what it is told. */
  private static final class Caller implements GenerationListener {

    private final Story story;
    private final Random random;
    private final Fleet fleet = Fleet.of("a", "b", "c");
    private final List<String> told = new ArrayList<>();
    private final List<Integer> unanswered = new ArrayList<>();
    private final Generation generation;
    private int deathsLeft;
    private int creditLeft;
    private boolean over;

    Caller(Story story, int deaths) {
      this.story = story;
      this.deathsLeft = deaths;
      this.random = new Random(story.chance());
      GenerationRequest request =
          Fleet.request(Fleet.observing(true, 0, 1, 2, 3), story.endsAfter(), story.maxTokens());
      generation = fleet.runtime.start(request, this);
    }

    List<String> tell() {
      for (int turn = 0; turn < TURNS && !over; turn++) {
        turn();
      }
      assertThat(over).as("it ends").isTrue();
      return told;
    }

    private void turn() {
      switch (random.nextInt(7)) {
        case 6 -> fleet.replicas.values().forEach(replica -> replica.full(random.nextInt(3) > 0));
        case 0 -> kill();
        case 1 -> answer();
        case 2 -> grant();
        case 3 -> {
          fleet.replicas.values().forEach(replica -> replica.dead = false);
          fleet.pass(Duration.ofMillis(300));
        }
        default -> fleet.step();
      }
    }

    private void kill() {
      long alive = fleet.replicas.values().stream().filter(replica -> !replica.dead).count();
      if (deathsLeft > 0 && alive > 1) {
        deathsLeft--;
        fleet.replicas.values().stream()
            .filter(replica -> replica.live() > 0)
            .findFirst()
            .ifPresent(FakeReplica::die);
      }
    }

    private void answer() {
      if (!unanswered.isEmpty()) {
        int segment = unanswered.remove(0);
        generation.resume(segment, segment == story.exitAt());
      }
    }

    private void grant() {
      if (creditLeft == 0) {
        creditLeft = story.credit();
        generation.decode(story.credit());
      }
    }

    @Override
    public void onPrefillStarted() {
      told.add("started");
    }

    @Override
    public void onSegmentEnd(SegmentEnd end) {
      told.add("end " + end.segment() + " with " + end.visualTokens());
      unanswered.add(end.segment());
    }

    @Override
    public void onPrefilled(PrefillSummary summary) {
      told.add("prefilled " + List.of(summary.visualEntered()[1], summary.visualEntered()[3]));
    }

    @Override
    public void onToken(SampledToken token) {
      creditLeft--;
      assertThat(creditLeft).as("never more than there is credit for").isNotNegative();
      told.add("token " + token.step() + " " + token.id());
    }

    @Override
    public void onFinished(FinishCause cause) {
      over = true;
      told.add("finished " + cause);
    }

    @Override
    public void onFailed(RuntimeFailure failure) {
      over = true;
      assertThat(failure.kind()).as(failure.message()).isEqualTo(Kind.UNAVAILABLE);
      told.add("failed " + failure.kind());
    }
  }
}
