package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.Wire;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one HTTP request of a connection: its path names a token, its headers the protocol to go on with. On success the HTTP
 * handlers leave the pipeline in the same read, because the client may already be sending.
 */
final class UpgradeHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger log = LoggerFactory.getLogger(UpgradeHandler.class);
    private static final Pattern PATH = Pattern.compile("/(exec|attach|portforward)/([A-Za-z0-9_-]{1,64})");

    private final SessionContext context;
    private final StreamTokens tokens;
    private final StreamingOptions options;
    private final Runnable onUpgraded;
    private @Nullable Future<?> timeout;

    UpgradeHandler(SessionContext context, StreamTokens tokens, StreamingOptions options, Runnable onUpgraded) {
        this.context = context;
        this.tokens = tokens;
        this.options = options;
        this.onUpgraded = onUpgraded;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timeout = ctx.channel()
                .eventLoop()
                .schedule(() -> Wire.close(ctx), options.creationTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            answer(ctx, HttpResponseStatus.BAD_REQUEST, "this is not an HTTP request");
            return;
        }
        QueryStringDecoder uri = new QueryStringDecoder(request.uri());
        Matcher path = PATH.matcher(uri.path());
        if (!path.matches()) {
            answer(ctx, HttpResponseStatus.NOT_FOUND, "there is nothing at this path; the URLs here come from CRI");
            return;
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.POST)) {
            answer(ctx, HttpResponseStatus.METHOD_NOT_ALLOWED, "use GET or POST");
            return;
        }
        boolean webSocket = asksFor(request, "websocket");
        if (!webSocket && !asksFor(request, Upgrade.SPDY)) {
            answer(
                    ctx,
                    HttpResponseStatus.BAD_REQUEST,
                    "unable to upgrade: ask for SPDY/3.1 or websocket in the headers Connection and Upgrade");
            return;
        }
        Optional<StreamRequest> found = tokens.take(path.group(1), path.group(2));
        if (found.isEmpty()) {
            answer(
                    ctx,
                    HttpResponseStatus.NOT_FOUND,
                    "this URL is unknown, was used before, or is too old; ask for a new one");
            return;
        }
        log.debug(
                "client joins: action=\"{}\" client={} websocket={}",
                found.get().action(),
                ctx.channel().remoteAddress(),
                webSocket);
        Upgrade upgrade = new Upgrade(context, options, ctx, request, found.get(), uri.parameters());
        Optional<String> refusal = webSocket ? upgrade.toWebSocket() : upgrade.toSpdy();
        if (refusal.isPresent()) {
            answer(ctx, HttpResponseStatus.FORBIDDEN, refusal.get());
        } else {
            onUpgraded.run();
        }
    }

    private static boolean asksFor(FullHttpRequest request, String protocol) {
        return request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && request.headers().containsValue(HttpHeaderNames.UPGRADE, protocol, true);
    }

    private static void answer(ChannelHandlerContext ctx, HttpResponseStatus status, String text) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        Wire.sendAndClose(ctx, response);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("request failed: client={} error=\"{}\"", ctx.channel().remoteAddress(), cause.toString());
        Wire.close(ctx);
    }
}
