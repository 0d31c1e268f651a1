package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatMessage.PictureFile;
import io.winnow.decoder.chat.ChatMessage.PictureUrl;
import io.winnow.decoder.chat.ChatMessage.Role;
import io.winnow.decoder.chat.ChatMessage.Text;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatRequest.SamplingChoice;
import io.winnow.decoder.chat.ExitWish;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.decoder.chat.ReductionWish.FlopsRatio;
import io.winnow.decoder.chat.ReductionWish.KeepRatio;
import io.winnow.decoder.chat.ReductionWish.MaxTtftMillis;
import io.winnow.decoder.http.ChatCompletion.Delivery;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class ChatCompletionParserTest {

  private static final String USER = "'messages':[{'role':'user','content':'Hi'}]";

  private final ChatCompletionParser parser = new ChatCompletionParser(Duration.ofSeconds(9));

  @Test
  void hasTheDefaultsOfOpenAi() {
    ChatCompletion parsed = parse("{" + USER + "}");

    assertThat(parsed.delivery()).isEqualTo(Delivery.WHOLE);
    assertThat(parsed.request())
        .isEqualTo(
            new ChatRequest(
                "id",
                Optional.empty(),
                List.of(new ChatMessage(Role.USER, List.of(new Text("Hi")))),
                new SamplingChoice(1, 1, 0, OptionalLong.empty()),
                OptionalInt.empty(),
                List.of(),
                OptionalInt.empty(),
                ReductionWish.auto(),
                Duration.ofSeconds(9)));
  }

  @Test
  void readsEveryParameter() {
    ChatCompletion parsed =
        parse(
            "{'model':'demo','temperature':0,'top_p':0.5,'top_k':40,'seed':-3,'max_tokens':9,"
                + "'max_completion_tokens':9,'stop':['a','b'],'logprobs':true,'top_logprobs':5,"
                + "'stream':true,'stream_options':{'include_usage':true},"
                + "'visual_token_reduction':{'method':'vtw','flops_ratio':0.5,'layer':4,'seed':-1,"
                + "'report':true},"
                + USER
                + "}");

    assertThat(parsed.delivery()).isEqualTo(Delivery.STREAMED_WITH_USAGE);
    ChatRequest request = parsed.request();
    assertThat(request.model()).contains("demo");
    assertThat(request.sampling()).isEqualTo(new SamplingChoice(0, 0.5, 40, OptionalLong.of(-3)));
    assertThat(request.maxTokens()).hasValue(9);
    assertThat(request.stop()).containsExactly("a", "b");
    assertThat(request.topLogprobs()).hasValue(5);
    assertThat(request.reduction())
        .isEqualTo(
            new ReductionWish(
                "vtw",
                Optional.of(new FlopsRatio(0.5)),
                OptionalInt.of(4),
                OptionalLong.of(-1),
                true));
  }

  @Test
  void takesOneStopStringAndLogprobsWithoutAlternatives() {
    ChatRequest request = parse("{'stop':'end','logprobs':true," + USER + "}").request();

    assertThat(request.stop()).containsExactly("end");
    assertThat(request.topLogprobs()).hasValue(0);
  }

  @Test
  void readsWhatAnExitTakes() {
    ReductionWish wish =
        parse(
                "{'visual_token_reduction':{'method':'dyvte','exit_threshold':0.7,'min_layer':0,"
                    + "'blocking':true,'with':'fastv','layer':3},"
                    + USER
                    + "}")
            .request()
            .reduction();

    assertThat(wish.method()).isEqualTo("dyvte");
    assertThat(wish.layer()).hasValue(3);
    assertThat(wish.exit())
        .isEqualTo(
            new ExitWish(OptionalDouble.of(0.7), OptionalInt.of(0), true, Optional.of("fastv")));
    assertThat(parse("{" + USER + "}").request().reduction().exit()).isEqualTo(ExitWish.NONE);
  }

  @Test
  void readsEachKindOfBudget() {
    assertThat(budget("{'keep_ratio':1}")).contains(new KeepRatio(1));
    assertThat(budget("{'max_ttft_ms':250.5}")).contains(new MaxTtftMillis(250.5));
    assertThat(budget("{'method':'none'}")).isEmpty();
  }

  @Test
  void keepsTurnsAndPartsInOrder() {
    List<ChatMessage> messages =
        parse(
                "{'messages':[{'role':'developer','content':'Be brief'},"
                    + "{'role':'user','content':[{'type':'image_url','image_url':{'url':'data:,a','detail':'low'}},"
                    + "{'type':'text','text':'What?'},"
                    + "{'type':'image_url','image_url':{'url':'https://example.org/b.png','detail':'high'}}]},"
                    + "{'role':'assistant','content':'A cat','refusal':null,'annotations':[]},"
                    + "{'role':'user','content':'Sure?'}]}")
            .request()
            .messages();

    assertThat(messages.stream().map(ChatMessage::role))
        .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER);
    List<ChatMessage.Part> parts = messages.get(1).parts();
    assertThat(((PictureFile) parts.get(0)).content()).containsExactly('a');
    assertThat(((PictureFile) parts.get(0)).detail()).isEqualTo(Detail.LOW);
    assertThat(parts.subList(1, 3))
        .containsExactly(
            new Text("What?"),
            new PictureUrl(URI.create("https://example.org/b.png"), Detail.HIGH));
  }

  @Test
  void readsAThousandTurns() {
    StringBuilder turns = new StringBuilder("{'messages':[{'role':'user','content':'0'}");
    for (int i = 1; i < 1000; i++) {
      String role = i % 2 == 0 ? "user" : "assistant";
      turns.append(",{'role':'").append(role).append("','content':'").append(i).append("'}");
    }

    List<ChatMessage> messages = parse(turns + "]}").request().messages();

    assertThat(messages).hasSize(1000);
    assertThat(messages.get(999).parts()).containsExactly(new Text("999"));
  }

  private Optional<ReductionWish.Budget> budget(String reduction) {
    return parse("{'visual_token_reduction':" + reduction + "," + USER + "}")
        .request()
        .reduction()
        .budget();
  }

  private ChatCompletion parse(String withSingleQuotes) {
    String json = withSingleQuotes.replace('\'', '"');
    return parser.parse("id", new RequestJson().read(json.getBytes(StandardCharsets.UTF_8)));
  }
}
