package io.winnow.runtime.mesh;

import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.util.concurrent.TimeUnit;

/** A service with one method, which answers the name that it was given. */
final class CallerName {

  private static final MethodDescriptor<StringValue, StringValue> METHOD =
      MethodDescriptor.<StringValue, StringValue>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Names", "Ask"))
          .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  private CallerName() {}

  static ServerServiceDefinition answering(String name) {
    return ServerServiceDefinition.builder("test.Names")
        .addMethod(
            METHOD,
            ServerCalls.asyncUnaryCall(
                (request, answer) -> {
                  answer.onNext(StringValue.of(name));
                  answer.onCompleted();
                }))
        .build();
  }

  static String ask(Channel channel) {
    return ClientCalls.blockingUnaryCall(
            channel,
            METHOD,
            CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
            StringValue.getDefaultInstance())
        .getValue();
  }
}
