package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every request here is refused by a 400 that says what is wrong with which field. */
final class BadRequestTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String USER = "'messages':[{'role':'user','content':'Hi'}]";

  private static ApiServer server;

  @BeforeAll
  static void start() {
    server = ApiServer.start();
  }

  @AfterAll
  static void close() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'temperature':-0.1 | temperature | invalid_value
          'temperature':2.1 | temperature | invalid_value
          'temperature':1e400 | temperature | invalid_value
          'temperature':'hot' | temperature | invalid_type
          'top_p':0 | top_p | invalid_value
          'top_p':1.1 | top_p | invalid_value
          'top_k':-1 | top_k | invalid_value
          'max_tokens':0 | max_tokens | invalid_value
          'max_tokens':-5 | max_tokens | invalid_value
          'max_tokens':1.5 | max_tokens | invalid_type
          'max_tokens':99999999999 | max_tokens | invalid_value
          'max_tokens':true | max_tokens | invalid_type
          'max_tokens':3,'max_completion_tokens':4 | max_tokens | invalid_value
          'max_completion_tokens':0 | max_completion_tokens | invalid_value
          'seed':1.5 | seed | invalid_type
          'seed':9223372036854775808 | seed | invalid_value
          'stop':['a','b','c','d','e'] | stop | invalid_value
          'stop':['a',1] | stop[1] | invalid_type
          'stop':5 | stop | invalid_type
          'stop':'' | stop | invalid_value
          'logprobs':1 | logprobs | invalid_type
          'top_logprobs':3 | top_logprobs | invalid_value
          'logprobs':true,'top_logprobs':21 | top_logprobs | invalid_value
          'logprobs':true,'top_logprobs':-1 | top_logprobs | invalid_value
          'stream':'yes' | stream | invalid_type
          'stream_options':{} | stream_options | invalid_value
          'stream':true,'stream_options':[] | stream_options | invalid_type
          'stream':true,'stream_options':{'x':1} | stream_options.x | unknown_parameter
          'stream':true,'dry_run':true | dry_run | invalid_value
          'model':'' | model | invalid_value
          'model':['demo'] | model | invalid_type
          'visual_token_reduction':'auto' | visual_token_reduction | invalid_type
          'visual_token_reduction':{'method':''} | visual_token_reduction.method | invalid_value
          'visual_token_reduction':{'flops_ratio':0.5,'keep_ratio':0.5} | visual_token_reduction | invalid_value
          'visual_token_reduction':{'flops_ratio':0} | visual_token_reduction.flops_ratio | invalid_value
          'visual_token_reduction':{'keep_ratio':1.01} | visual_token_reduction.keep_ratio | invalid_value
          'visual_token_reduction':{'max_ttft_ms':-1} | visual_token_reduction.max_ttft_ms | invalid_value
          'visual_token_reduction':{'max_ttft_ms':'fast'} | visual_token_reduction.max_ttft_ms | invalid_type
          'visual_token_reduction':{'layer':0} | visual_token_reduction.layer | invalid_value
          'visual_token_reduction':{'layer':2.5} | visual_token_reduction.layer | invalid_type
          'visual_token_reduction':{'exit_threshold':0} | visual_token_reduction.exit_threshold | invalid_value
          'visual_token_reduction':{'exit_threshold':1} | visual_token_reduction.exit_threshold | invalid_value
          'visual_token_reduction':{'exit_threshold':'x'} | visual_token_reduction.exit_threshold | invalid_type
          'visual_token_reduction':{'min_layer':-1} | visual_token_reduction.min_layer | invalid_value
          'visual_token_reduction':{'blocking':'yes'} | visual_token_reduction.blocking | invalid_type
          'visual_token_reduction':{'with':''} | visual_token_reduction.with | invalid_value
          'visual_token_reduction':{'with':['fastv']} | visual_token_reduction.with | invalid_type
          'visual_token_reduction':{'seed':'x'} | visual_token_reduction.seed | invalid_type
          'visual_token_reduction':{'report':1} | visual_token_reduction.report | invalid_type
          'visual_token_reduction':{'budget':1} | visual_token_reduction.budget | unknown_parameter
          'min_p':0.1 | min_p | unknown_parameter
          """)
  void namesTheFieldAtFault(String fields, String param, String code) throws Exception {
    assertRefused("{" + fields + "," + USER + "}", param, code);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'n':2",
        "'tools':[{'type':'function'}]",
        "'tool_choice':'required'",
        "'parallel_tool_calls':true",
        "'functions':[{}]",
        "'function_call':{'name':'f'}",
        "'response_format':{'type':'json_object'}",
        "'frequency_penalty':0.1",
        "'presence_penalty':-0.1",
        "'logit_bias':{'50256':-100}",
        "'modalities':['text','audio']",
        "'audio':{}",
        "'prediction':{'type':'content'}",
        "'reasoning_effort':'low'",
        "'verbosity':'low'",
        "'web_search_options':{}",
        "'service_tier':'flex'",
        "'store':true"
      })
  void namesWhatIsNotHonoured(String field) throws Exception {
    String name = field.substring(1, field.indexOf('\'', 1));
    assertRefused("{" + field + "," + USER + "}", name, "unsupported_parameter");
  }

  @Test
  void takesWhatAsksForNothing() {
    String neutral =
        """
        {'n':1,'tools':[],'tool_choice':'none','functions':[],'function_call':'auto',
        'response_format':{'type':'text'},'frequency_penalty':0,'presence_penalty':0.0,
        'logit_bias':{},'modalities':['text'],'audio':null,'service_tier':'auto','store':false,
        'user':'me','metadata':{'a':'b'},'seed':null,'stop':null,""";

    assertThat(server.post(json(neutral + USER + "}")).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          `` | messages | missing_required_parameter
          'messages':null | messages | missing_required_parameter
          'messages':[] | messages | invalid_value
          'messages':'Hi' | messages | invalid_type
          'messages':['Hi'] | messages[0] | invalid_type
          'messages':[{'content':'Hi'}] | messages[0].role | missing_required_parameter
          'messages':[{'role':'tool','content':'x'}] | messages[0].role | invalid_value
          'messages':[{'role':5,'content':'x'}] | messages[0].role | invalid_type
          'messages':[{'role':'user','content':null}] | messages[0].content | missing_required_parameter
          'messages':[{'role':'user','content':7}] | messages[0].content | invalid_type
          'messages':[{'role':'user','content':[]}] | messages[0].content | invalid_value
          'messages':[{'role':'user','content':['x']}] | messages[0].content[0] | invalid_type
          'messages':[{'role':'user','content':'a\\ud800'}] | messages[0].content | invalid_value
          'messages':[{'role':'user','content':'a','name':'me'}] | messages[0].name | unknown_parameter
          'messages':[{'role':'assistant','content':'a','tool_calls':[{}]}] | messages[0].tool_calls | unsupported_parameter
          'messages':[{'role':'user','content':[{'type':'input_audio'}]}] | messages[0].content[0].type | invalid_value
          'messages':[{'role':'user','content':[{'type':'text'}]}] | messages[0].content[0].text | missing_required_parameter
          'messages':[{'role':'user','content':[{'type':'text','text':'a','x':1}]}] | messages[0].content[0].x | unknown_parameter
          'messages':[{'role':'system','content':[{'type':'image_url','image_url':{'url':'data:,a'}}]}] | messages[0].content[0].type | invalid_value
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':'data:,a'}]}] | messages[0].content[1].image_url | invalid_type
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{}}]}] | messages[0].content[1].image_url.url | missing_required_parameter
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'data:,a','detail':'max'}}]}] | messages[0].content[1].image_url.detail | invalid_value
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'data:,a','size':1}}]}] | messages[0].content[1].image_url.size | unknown_parameter
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'data:image/png;base64,AA*='}}]}] | messages[0].content[1].image_url.url | invalid_image_url
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'file:///etc/passwd'}}]}] | messages[0].content[1].image_url.url | invalid_value
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'cat.png'}}]}] | messages[0].content[1].image_url.url | invalid_value
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'http://a b'}}]}] | messages[0].content[1].image_url.url | invalid_value
          'messages':[{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'https://example.org/cat.png'}}]}] | messages[0].content[1].image_url.url | invalid_image_url
          """)
  void namesThePlaceInTheMessages(String messages, String param, String code) throws Exception {
    assertRefused("{" + messages + "}", param, code);
  }

  @Test
  void namesTheSettingThatAllowsPictureUrls() throws Exception {
    HttpResponse<String> response =
        server.post(json("{" + picture("{'url':'https://example.org/cat.png'}") + "}"));

    assertThat(error(response).path("message").asText()).contains("winnow.fetch.enabled");
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        arguments("", "JSON object"),
        arguments("[]", "JSON object"),
        arguments("\"text\"", "JSON object"),
        arguments("{", "line 1, column 2"),
        arguments("{\"a\":1,\n \"b\":}", "line 2, column 6"),
        arguments("{\"a\":1}{\"b\":2}", "not valid JSON"),
        arguments("{\"temperature\":NaN}", "NaN"),
        arguments("{\"temperature\":-Infinity}", "Infinity"),
        arguments("{'a':1}", "line 1, column 2"),
        arguments("{\"a\":1,\"a\":2}", "Duplicate"),
        arguments("{\"a\":{\"b\":1,\"b\":2}}", "Duplicate"),
        arguments("{\"a\":" + "[".repeat(100_000), "deeper than 32"),
        arguments("{\"a\":" + "1".repeat(200) + "}", "too long"));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void saysWhereTheJsonIsMalformed(String body, String hint) throws Exception {
    HttpResponse<String> response = server.post(body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).path("code").asText()).isEqualTo("invalid_json");
    assertThat(error(response).path("message").asText())
        .contains(hint)
        .doesNotContain("Source:")
        .doesNotContain("StreamRead");
  }

  @Test
  void refusesBytesThatAreNoUtf8() throws Exception {
    byte[] body = {'{', '"', 'a', '"', ':', '"', (byte) 0xC3, (byte) 0x28, '"', '}'};
    HttpResponse<String> response =
        server.sendBytes(
            server.to(ApiServer.CHAT).header("content-type", "application/json"), body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).path("code").asText()).isEqualTo("invalid_json");
  }

  private static void assertRefused(String body, String param, String code) throws Exception {
    HttpResponse<String> response = server.post(json(body));

    assertThat(response.body()).doesNotContain("Exception").doesNotContain("\\tat ");
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode error = error(response);
    assertThat(error.path("param").asText()).isEqualTo(param);
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.path("message").asText()).isNotBlank();
  }

  private static JsonNode error(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body()).path("error");
  }

  private static String message(String role, String content) {
    return "'messages':[{'role':" + role + ",'content':" + content + "}]";
  }

  private static String picture(String picture) {
    return message(
        "'user'",
        "[{'type':'text','text':'What?'},{'type':'image_url','image_url':" + picture + "}]");
  }

  private static String json(String withSingleQuotes) {
    return withSingleQuotes.replace('\'', '"');
  }
}
