package io.winnow.runtime.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tokenizers of the two other kinds that decoders of LLaVA's families come with. */
final class SmallTokenizers {

  private static final List<String> PIECES =
      List.of("▁", "▁a", "▁red", "s", "é", "▁€", "<", "▁▁", "'", ".");

  static final int BYTE_LEVEL_SIZE = 257;
  static final int SENTENCE_PIECE_SIZE = 3 + 256 + PIECES.size();

  private SmallTokenizers() {}

  /** 256 bytes and a control token, no merges: a character of several bytes is several tokens. */
  static Tokenizer byteLevel() {
    JsonObject vocabulary = new JsonObject();
    for (int b = 0, other = 256; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
      vocabulary.addProperty(String.valueOf((char) (printable ? b : other++)), b);
    }
    vocabulary.addProperty("<|end|>", 256);
    JsonObject byteLevel =
        JsonParser.parseString(
                "{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':true}")
            .getAsJsonObject();
    JsonObject json = bpe(vocabulary, 256, "<|end|>");
    json.add("pre_tokenizer", byteLevel);
    json.add("decoder", byteLevel);
    return load(json);
  }

  /** As Llama's: pieces with a leading mark for the blank, and a token for each byte. */
  static Tokenizer sentencePiece() {
    JsonObject vocabulary = new JsonObject();
    vocabulary.addProperty("<unk>", 0);
    vocabulary.addProperty("<s>", 1);
    vocabulary.addProperty("</s>", 2);
    for (int b = 0; b < 256; b++) {
      vocabulary.addProperty(String.format("<0x%02X>", b), 3 + b);
    }
    for (int i = 0; i < PIECES.size(); i++) {
      vocabulary.addProperty(PIECES.get(i), 3 + 256 + i);
    }
    JsonObject json = bpe(vocabulary, 2, "</s>");
    json.add(
        "decoder",
        JsonParser.parseString(
            "{'type':'Sequence','decoders':["
                + "{'type':'Replace','pattern':{'String':'▁'},'content':' '},"
                + "{'type':'ByteFallback'},{'type':'Fuse'},"
                + "{'type':'Strip','content':' ','start':1,'stop':0}]}"));
    json.getAsJsonObject("model").addProperty("byte_fallback", true);
    return load(json);
  }

  private static JsonObject bpe(JsonObject vocabulary, int controlId, String control) {
    JsonObject json =
        JsonParser.parseString(
                "{'version':'1.0','truncation':null,'padding':null,'normalizer':null,"
                    + "'pre_tokenizer':null,'post_processor':null,'added_tokens':["
                    + "{'id':0,'content':'','single_word':false,'lstrip':false,'rstrip':false,"
                    + "'normalized':false,'special':true}],"
                    + "'model':{'type':'BPE','dropout':null,'unk_token':null,"
                    + "'continuing_subword_prefix':null,'end_of_word_suffix':null,"
                    + "'fuse_unk':false,'byte_fallback':false,'ignore_merges':false}}")
            .getAsJsonObject();
    JsonObject added = json.getAsJsonArray("added_tokens").get(0).getAsJsonObject();
    added.addProperty("id", controlId);
    added.addProperty("content", control);
    json.getAsJsonObject("model").add("vocab", vocabulary);
    json.getAsJsonObject("model").add("merges", new JsonArray());
    return json;
  }

  private static Tokenizer load(JsonObject json) {
    try {
      Path file = Files.createTempFile("tokenizer", ".json");
      try {
        Files.writeString(file, json.toString());
        return Tokenizer.load(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
