package io.winnow.decoder.generation;

import io.winnow.runtime.text.ChatTurn;
import io.winnow.runtime.text.EncodedPrompt;
import io.winnow.runtime.text.PromptException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One token per character: its code. A picture is {@link #PICTURE}; {@link #EOS} ends an answer.
 * Text that may become a stop string is held back.
 */
public final class FakeText implements ModelText {

  public static final int EOS = 2;
  static final int PICTURE = 4;

  @Override
  public EncodedPrompt encode(List<ChatTurn> turns) {
    List<Long> ids = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    ids.add(1L);
    for (ChatTurn turn : turns) {
      for (ChatTurn.Part part : turn.parts()) {
        if (part instanceof ChatTurn.Text text) {
          if (text.text().contains("refuse")) {
            throw new PromptException("the template refuses this");
          }
          text.text().chars().forEach(c -> ids.add((long) c));
        } else {
          places.add(ids.size());
          ids.add((long) PICTURE);
        }
      }
    }
    ids.add(3L);
    return new EncodedPrompt(
        ids.stream().mapToLong(Long::longValue).toArray(),
        places.stream().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public AnswerText answer(List<String> stop) {
    return new Answer(stop);
  }

  @Override
  public String tokenText(int id) {
    return String.valueOf((char) id);
  }

  private static final class Answer implements AnswerText {

    private final List<String> stop;
    private String held = "";
    private boolean stopped;

    Answer(List<String> stop) {
      this.stop = stop;
    }

    @Override
    public String accept(int id) {
      held += (char) id;
      for (String string : stop) {
        if (held.endsWith(string)) {
          stopped = true;
          return release(string.length());
        }
      }
      int begun =
          stop.stream()
              .flatMapToInt(
                  string ->
                      IntStream.range(1, string.length())
                          .filter(n -> held.endsWith(string.substring(0, n))))
              .max()
              .orElse(0);
      String text = held.substring(0, held.length() - begun);
      held = held.substring(held.length() - begun);
      return text;
    }

    private String release(int cut) {
      String text = held.substring(0, held.length() - cut);
      held = "";
      return text;
    }

    @Override
    public String flush() {
      return release(0);
    }

    @Override
    public boolean stopped() {
      return stopped;
    }
  }
}
